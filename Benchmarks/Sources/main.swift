#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

let usage = """
  usage: suffice-bench sweep WORKLOAD FILE [--threads 2] [--passes 7] [--seed 0] [--precision double]
         suffice-bench whole WORKLOAD TRAIN HELDOUT [--threads 2] [--seed 0] [--seeds 1] [--output FIT] [--precision double]
         suffice-bench chain [FILE] [--rows 200000] [--columns 4] [--states 8] [--threads 2] [--passes 7]
         suffice-bench topics FILE [--topics 50] [--words 5000] [--batch 256] [--threads 2] [--passes 3] [--output PHI.npy]
         suffice-bench limits [--threads 2]
         suffice-bench smoke FOLDER
  """

do {
  let arguments = try Arguments(CommandLine.arguments.dropFirst(2))
  switch CommandLine.arguments.dropFirst().first {
  case "sweep": try runSweeps(arguments)
  case "whole": try runWhole(arguments)
  case "chain": try runChain(arguments)
  case "topics": try runTopics(arguments)
  case "limits":
    let limits = try MachineLimits.measure(threads: arguments.integer("threads", 2))
    printRecord([
      "gemmFlops": limits.flopsPerSecond, "readBytes": limits.bytesPerSecond,
      "exponentials": limits.exponentialsPerSecond,
    ])
  case "smoke": try runSmoke(arguments)
  default: throw BenchError(usage)
  }
} catch {
  // Not `stderr`: a global variable of C is not safe in Swift's eyes.
  let message = "\(error)\n"
  write(2, message, message.utf8.count)
  exit(1)
}
