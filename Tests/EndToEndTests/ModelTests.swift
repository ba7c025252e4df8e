// Checks the models of Tests/Model in small bounds, where SPIN is installed.
import TestSupport
import Testing

@Suite struct ModelTests {
  @Test(
    "The models of the sale and of the broadcast hold in small bounds, and planted faults are found",
    .enabled(
      if: isInstalled("spin") && isInstalled("gcc") && isInstalled("python3"),
      "no spin, gcc or python3 on PATH; script/bootstrap --tests installs spin"))
  func models() throws {
    let check = try run("/bin/bash", [SourceTree.root + "/script/model"], within: .seconds(300))
    #expect(check.status == .exited(0), "\(check.output)\(check.error)")
    #expect(check.output.contains("The models hold in these bounds."))
  }
}
