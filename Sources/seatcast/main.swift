// The executable. Everything that can be tested lives in the other files.
import FoundationEssentials
import Glibc

ProcessSetup.openMissingStandardDescriptors()
ProcessSetup.ignoreWriteSignals()
exit(
  Program.run(arguments: ProcessSetup.arguments, environment: ProcessInfo.processInfo.environment))
