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
  var descriptors: DescriptorMaker?
  @Option(
    help:
      "Addresses of tensors that the author did not place: rotate (as the compiler), first-fit (tight) or infinite (no capacity)."
  )
  var allocation: AllocationPolicy?
  @Flag(help: "Merge no passes of loops, as skip_middle_end_transformations says.")
  var skipMiddleEnd = false
  @Flag(inversion: .prefixedNo, help: "Save tiles to HBM that SBUF has no room for.")
  var spills: Bool?

  /// The options that were given and that a script's own launch decides.
  var unusableForScripts: [String] {
    var found: [String] = []
    if descriptors != nil { found.append("--descriptors") }
    if allocation != nil { found.append("--allocation") }
    if skipMiddleEnd { found.append("--skip-middle-end") }
    if spills != nil { found.append("--spills") }
    return found
  }

  /// What the compiler is asked for in the place of what the workload says.
  var changes: CompilerChanges {
    var changes = CompilerChanges()
    changes.schedule = schedule
    changes.descriptors = descriptors
    changes.allocation = allocation
    if skipMiddleEnd { changes.transformsLoops = false }
    changes.allowsSpills = spills
    return changes
  }

  /// What the compiler is asked for.
  var options: CompilerOptions { changes.applied(to: CompilerOptions()) }
}
