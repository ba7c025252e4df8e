// The fuzz targets are compiled apart from the package (script/fuzz), so nothing else tells that a change has broken them.
import TestSupport
import Testing

@Suite struct FuzzTargetsTests {
  @Test("Every fuzz target compiles", .enabled(if: isInstalled("clang"), "no clang on PATH"))
  func targets() throws {
    let check = try run(SourceTree.root + "/script/fuzz", ["check"], within: .seconds(900))
    #expect(check.status == .exited(0), "\(check.output.suffix(2_000))\(check.error.suffix(2_000))")
  }
}
