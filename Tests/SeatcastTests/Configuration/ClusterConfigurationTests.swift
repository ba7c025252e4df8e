import TestSupport
import Testing

@testable import seatcast

@Suite("Configuration of nodes")
struct ClusterConfigurationTests {
  private static let secret = ["SEATCAST_JWT_SECRET": "0123456789012345678901234567890123456789"]

  private func configuration(
    _ arguments: [String], _ environment: [String: String] = secret
  ) throws(UsageError) -> ServeConfiguration {
    guard case .serve(let settings) = try Invocation.parse(["serve"] + arguments, environment: environment)
    else {
      throw UsageError("not serve")
    }
    return try ServeConfiguration(settings)
  }

  private func complaint(_ arguments: [String], _ environment: [String: String] = secret) -> String? {
    do throws(UsageError) {
      _ = try configuration(arguments, environment)
      return nil
    } catch {
      return error.description
    }
  }

  private static let store = ["--store", "postgres://a:hush@h/d"]

  @Test("Without a store there is no cluster, and nothing of one may be set")
  func alone() throws {
    #expect(try configuration([]).cluster == nil)
    for (flag, value) in [
      ("--bus", "nats://h"), ("--bus-file", "f"), ("--bus-prefix", "shop"), ("--bus-ca", "f"),
      ("--bus-creds", "f"),
      ("--node", "a"),
    ] {
      #expect(complaint([flag, value]) == "\(flag) needs --store.")
    }
  }

  #if Cluster
    @Test("Everything arrives where it belongs")
    func flags() throws {
      let cluster = try configuration(
        Self.store + [
          "--bus", "nats://b:hush@i:1,nats://j", "--bus-prefix", "shop.one", "--bus-ca", "ca", "--bus-creds",
          "c",
          "--node", "a-1",
        ]
      ).cluster
      #expect(
        cluster
          == ClusterConfiguration(
            store: .text("postgres://a:hush@h/d"),
            bus: .init(
              urls: .text("nats://b:hush@i:1,nats://j"), prefix: "shop.one", authorities: "ca",
              credentials: "c"),
            node: "a-1"))
      let bare = try configuration(Self.store + ["--bus", "tls://h", "--port", "3001"])
      #expect(bare.cluster?.bus?.prefix == "seatcast" && bare.nodeName.hasSuffix(":3001"))
      #expect(try configuration(Self.store).cluster?.bus == nil)
    }

    @Test("Files have URLs, too, and both at once are one too many")
    func files() throws {
      let folder = try TemporaryFolder()
      try put("postgres://a:hush@h/d\n", at: folder.path + "/store")
      try put("nats://h,\nnats://i\n", at: folder.path + "/bus")
      var environment = Self.secret
      environment["SEATCAST_STORE_FILE"] = folder.path + "/store"
      environment["SEATCAST_BUS_FILE"] = folder.path + "/bus"
      let cluster = try #require(try configuration([], environment).cluster)
      #expect(cluster.store == .file(folder.path + "/store"))
      let access = try ClusterAccess(cluster)
      #expect(access.store == "postgres://a:hush@h/d" && access.bus == ["nats://h", "nats://i"])
      environment["SEATCAST_STORE"] = "postgres://h"
      #expect(complaint([], environment)?.contains("are both set") == true)
      try put("hush", at: folder.path + "/store")
      #expect {
        try ClusterAccess(cluster)
      } throws: { error in
        let sentence = "\(error)"
        return sentence.contains("must be a URL") && !sentence.contains("hush")
      }
    }

    @Test("All nodes need the same secret, and PostgreSQL backs itself up")
    func shared() {
      #expect(
        complaint(Self.store, [:])
          == "--store needs --jwt-secret-file, SEATCAST_JWT_SECRET_FILE or SEATCAST_JWT_SECRET: all nodes sign tokens with "
          + "the same secret.")
      #expect(
        complaint(Self.store + ["--backup-dir", "d"])
          == "--backup-dir is for SQLite; with --store, back up PostgreSQL itself.")
    }

    @Test(
      "A wrong URL is refused without a word of it",
      arguments: [
        ["--store", "hush@h/d"], ["--store", "mysql://a:hush@h"], store + ["--bus", "hush"],
        store + ["--bus", "nats://h,hush"], store + ["--bus", "nats://a:hush@h,tls://h"],
      ])
    func wrong(arguments: [String]) throws {
      let sentence = try #require(complaint(arguments))
      #expect(sentence.contains("must") && !sentence.contains("hush"))
    }

    @Test(
      "Names are words", arguments: ["a b", "a/b", ".a", "a..b", "*", ">", String(repeating: "a", count: 65)])
    func words(name: String) {
      #expect(complaint(Self.store + ["--node", name])?.contains("must be a word") == true)
      #expect(
        complaint(Self.store + ["--bus", "nats://h", "--bus-prefix", name])?.contains("must be a word")
          == true)
    }

    @Test("What belongs to a bus needs one")
    func withoutBus() {
      #expect(complaint(Self.store + ["--bus-ca", "f"]) == "--bus-ca needs --bus.")
    }
  #else
    @Test("A program without the cluster says how to build one with it")
    func notBuilt() {
      #expect(
        complaint(Self.store)
          == "--store cannot be used: this seatcast is built without the cluster; build it with "
          + "'swift build --traits Cluster'.")
    }
  #endif
}
