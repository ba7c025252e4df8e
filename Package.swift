// swift-tools-version: 6.2
// seatcast: two planes and an executable (docs/ARCHITECTURE.md). Imports point down only:
// seatcast -> FanoutCore -> CUVShim, seatcast -> ControlPlane -> CSQLite, CCrypto.
import PackageDescription

/// The settings of every Swift target: complete concurrency checking, each unsafe expression spelled
/// `unsafe`, imports internal unless they are part of the surface, warnings as errors.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "seatcast",
  // For benchmarks/Sources/Micro, in a package of its own, which times pieces of the planes by themselves.
  products: [
    .library(name: "FanoutCore", targets: ["FanoutCore"]),
    .library(name: "ControlPlane", targets: ["ControlPlane"]),
    // For programs that talk to a server (docs/guides/SWIFT_CLIENT.md); needs OpenSSL and nothing else.
    .library(name: "SeatcastClient", targets: ["SeatcastClient"]),
    // For tests, which load it before the server.
    .library(name: "PowerCut", type: .dynamic, targets: ["CPowerCut"]),
  ],
  // Nodes that share a database (docs/guides/CLUSTER.md). Without it, neither libpq nor libnats is needed.
  traits: [.trait(name: "Cluster", description: "PostgreSQL as the store and NATS between nodes")],
  targets: [
    // The only place where a uv_, SSL_ or io_uring name exists.
    .target(
      name: "CUVShim",
      cSettings: [.unsafeFlags(["-std=c17", "-Wall", "-Wextra", "-Werror"])],
      linkerSettings: [
        .linkedLibrary("uv"), .linkedLibrary("ssl"), .linkedLibrary("crypto"), .linkedLibrary("z"),
      ]),
    // A loop's state belongs to one thread; the tests check exclusive access to it, the release does not pay for that.
    .target(
      name: "FanoutCore", dependencies: ["CUVShim"],
      swiftSettings: strict + [
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
      ]),

    .systemLibrary(
      name: "CSQLite", path: "Sources/ControlPlane/Persistence/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
      name: "CCrypto", path: "Sources/ControlPlane/Auth/CCrypto", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CPostgres", path: "Sources/ControlPlane/Persistence/Postgres/CPostgres", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"])]),
    .target(
      name: "ControlPlane",
      dependencies: [
        "CSQLite", "CCrypto", .target(name: "CPostgres", condition: .when(traits: ["Cluster"])),
      ],
      exclude: ["Persistence/CSQLite", "Persistence/Postgres/CPostgres", "Auth/CCrypto"],
      swiftSettings: strict),

    // The client library: compiles the server's Wire and JSON files (links in Wire/ and JSON/), so that there is one
    // parser, and no plane. No unsafe flags: other packages may depend on it.
    .target(
      name: "CClient", path: "Sources/SeatcastClient/CClient",
      linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(
      name: "SeatcastClient", dependencies: ["CClient"], exclude: ["CClient"], swiftSettings: strict),

    // The page's files as bytes inside the executable (C23 #embed; no build step, no resource folder).
    .target(
      name: "CWebAssets", path: "Sources/seatcast/Web", exclude: ["assets"],
      cSettings: [.unsafeFlags(["-std=c23", "-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "CProcess", path: "Sources/seatcast/CProcess",
      cSettings: [.unsafeFlags(["-std=c17", "-Wall", "-Wextra", "-Werror"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/seatcast/Pages/CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CNATS", path: "Sources/seatcast/Cluster/CNATS", pkgConfig: "libnats",
      providers: [.apt(["libnats-dev"])]),
    .executableTarget(
      name: "seatcast",
      dependencies: [
        "FanoutCore", "ControlPlane", "SeatcastClient", "CWebAssets", "CProcess", "CZlib",
        .target(name: "CNATS", condition: .when(traits: ["Cluster"])),
      ],
      exclude: ["Web", "CProcess", "Pages/CZlib", "Cluster/CNATS"], swiftSettings: strict),

    // The program of docs/guides/SWIFT_CLIENT.md.
    .executableTarget(
      name: "swift-client-example", dependencies: ["SeatcastClient"], path: "docs/guides/swift-client",
      swiftSettings: [.swiftLanguageMode(.v6)]),

    .target(
      name: "TestSupport", dependencies: ["CFaultyDisk", "CDeflateClient"], path: "Tests/TestSupport",
      swiftSettings: strict),
    // The other end of a compressed connection.
    .target(
      name: "CDeflateClient", path: "Tests/CDeflateClient",
      cSettings: [.unsafeFlags(["-std=c17", "-Wall", "-Wextra", "-Werror"])],
      linkerSettings: [.linkedLibrary("z")]),
    // The other end of a TLS connection.
    .target(
      name: "CTLSClient", path: "Tests/CTLSClient",
      cSettings: [.unsafeFlags(["-std=c17", "-Wall", "-Wextra", "-Werror"])],
      linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    // A disk that loses what it did not sync.
    .target(
      name: "CFaultyDisk", dependencies: ["CSQLite"], path: "Tests/CFaultyDisk",
      cSettings: [.unsafeFlags(["-std=c17", "-Wall", "-Wextra", "-Werror"])]),
    // Keeps what a real server has synced. No target depends on it: it stands before fsync(2) of whoever loads it.
    .target(
      name: "CPowerCut", path: "Tests/CPowerCut",
      cSettings: [.unsafeFlags(["-std=c17", "-Wall", "-Wextra", "-Werror"])]),
    // The data plane's test doubles. A test target, because it sees what is internal to FanoutCore.
    .testTarget(
      name: "FanoutTestSupport", dependencies: ["FanoutCore", "TestSupport"],
      path: "Tests/FanoutTestSupport", swiftSettings: strict),
    .testTarget(
      name: "CUVShimTests", dependencies: ["CUVShim", "CTLSClient", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "FanoutCoreTests", dependencies: ["FanoutCore", "FanoutTestSupport", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ControlPlaneTests", dependencies: ["ControlPlane", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SeatcastClientTests", dependencies: ["SeatcastClient", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SeatcastTests", dependencies: ["seatcast", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["seatcast", "FanoutCore", "ControlPlane", "FanoutTestSupport", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["seatcast", "swift-client-example", "SeatcastClient", "CTLSClient", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
  ]
)
