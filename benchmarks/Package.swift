// swift-tools-version: 6.2
// The measuring tools, a package of their own: nothing here is part of the product. README.md says how to read
// what they print. SpeedOfLight and LoadGenerator are C: the floor must be as bare as it can be, and a load client
// that costs more than the server measures itself. Micro is Swift and uses internals of both planes, so it is built with
// `-Xswiftc -enable-testing`; the two others (`--product`) need no flag.
import PackageDescription

let strictC: [CSetting] = [.unsafeFlags(["-std=c17", "-O2", "-Wall", "-Wextra", "-Werror"])]
let openSSL: [LinkerSetting] = [.linkedLibrary("ssl"), .linkedLibrary("crypto")]

/// The settings of the product's own targets.
let strictSwift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "seatcast-benchmarks",
  // With it, Micro has pieces that need PostgreSQL.
  traits: [.trait(name: "Cluster")],
  dependencies: [
    .package(
      name: "seatcast", path: "..",
      traits: [.defaults, .trait(name: "Cluster", condition: .when(traits: ["Cluster"]))])
  ],
  targets: [
    .executableTarget(
      name: "SpeedOfLight", cSettings: strictC, linkerSettings: [.linkedLibrary("sqlite3")] + openSSL),
    .executableTarget(name: "LoadGenerator", cSettings: strictC, linkerSettings: openSSL),

    // A barrier for the compiler and a count of allocations.
    .target(
      name: "CMeter", path: "Sources/Micro/CMeter", cSettings: strictC, linkerSettings: [.linkedLibrary("z")]),
    .executableTarget(
      name: "Micro",
      dependencies: [
        "CMeter",
        .product(name: "FanoutCore", package: "seatcast"),
        .product(name: "ControlPlane", package: "seatcast"),
      ],
      exclude: ["CMeter"], swiftSettings: strictSwift),
  ]
)
