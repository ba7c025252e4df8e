// The executable. Everything that can be tested lives in the other files.
import FoundationEssentials
import Glibc

exit(
  Program.run(
    arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment))
