// swift-tools-version: 6.1
// swift-nio as a peer of the benchmarks, a package of its own: seatcast itself depends on no package. Its
// folder is not called swift-nio, because a package cannot depend on one that has the name of its own folder.
import PackageDescription

let package = Package(
  name: "swift-nio-peer",
  dependencies: [.package(url: "https://github.com/apple/swift-nio.git", from: "2.86.0")],
  targets: [
    .executableTarget(
      name: "SwiftNIOPeer",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ])
  ]
)
