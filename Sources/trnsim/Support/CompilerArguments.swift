public import ArgumentParser
public import Compiler

extension Schedule: ExpressibleByArgument {}
extension DescriptorMaker: ExpressibleByArgument {}
extension AllocationPolicy: ExpressibleByArgument {}

/// How the compiler orders and places a program.
struct CompilerArguments: ParsableArguments {
  @Option(
    help:
      "Whose order instructions have: program (the author's) or compiler (the vendor's compiler's, as far as it is known)."
  )
  var schedule: Schedule?
  @Option(
    help:
      "Who makes descriptors that the program leaves to the host: prepared (it) or generated (the device)."
  )
  var descriptors: DescriptorMaker = .prepared
  @Option(
    help:
      "Addresses of tensors that the author did not place: rotate (as the compiler), first-fit (tight) or infinite (no capacity)."
  )
  var allocation: AllocationPolicy = .rotate
  @Flag(help: "Merge no passes of loops, as skip_middle_end_transformations says.")
  var skipMiddleEnd = false
  @Flag(inversion: .prefixedNo, help: "Save tiles to HBM that SBUF has no room for.")
  var spills = true

  /// The options that were given and that a script's own launch decides.
  var unusableForScripts: [String] {
    var found: [String] = []
    if descriptors != .prepared { found.append("--descriptors") }
    if allocation != .rotate { found.append("--allocation") }
    if skipMiddleEnd { found.append("--skip-middle-end") }
    if !spills { found.append("--no-spills") }
    return found
  }

  /// What the compiler is asked for.
  var options: CompilerOptions {
    var options = CompilerOptions()
    options.schedule = schedule
    options.descriptors = descriptors
    options.allocation = allocation
    options.transformsLoops = !skipMiddleEnd
    options.allowsSpills = spills
    return options
  }
}
