// swift-tools-version: 6.2
// The measuring tools, a package of their own: nothing here is part of the product. README.md says how to read
// what they print. Both are C: the floor must be as bare as it can be, and a load client that costs more than the
// server measures itself.
import PackageDescription

let strict: [CSetting] = [.unsafeFlags(["-std=c17", "-O2", "-Wall", "-Wextra", "-Werror"])]

let package = Package(
  name: "seatcast-benchmarks",
  targets: [
    .executableTarget(name: "SpeedOfLight", cSettings: strict),
    .executableTarget(name: "LoadGenerator", cSettings: strict),
  ]
)
