import Compiler
import Device
public import Hardware

extension Run {
  /// What of the hardware's configuration the run's numbers can depend on: paths of values and of groups of
  /// them, sorted; all cores' together.
  public var settings: [String] {
    let found = cores.map(\.settings)
    return found.count == 1 ? found[0] : Set(found.joined()).withoutMembersOfGroups
  }
}

extension CoreRun {
  /// What of the hardware's configuration the core's numbers can depend on.
  ///
  /// It follows from what was executed, so that keeping account costs the simulation nothing. What a report
  /// sets in relation to the machine's peaks is not meant.
  public var settings: [String] {
    // Sizes and limits decide what a program may be, and kernels what they are.
    var read: Set = [
      "access", "clocks.neuroncore", "core", "dtypes", "flops", "hbm", "limits", "psum", "sbuf",
      "semaphores", "sequencer",
    ]
    guard let device else { return read.sorted() }
    for instruction in device.instructions {
      let engine = instruction.engine.name
      switch instruction.work {
      case .loadWeights, .matmul:
        read.formUnion(["clocks.tensor", "tensor", "pe_clock"])
      case .stream(let stream):
        read.insert("clocks.\(engine)")
        read.insert("\(engine).classes.\(stream.streamClass.configurationKey)")
      case .control, .trigger: break
      }
      if instruction.engine == .scalar {
        read.formUnion(["scalar.table_sets", "scalar.resident_functions"])
      }
    }
    // The compiler asks both engines' prices who copies PSUM.
    if passes.contains(where: { $0.name == "order" }) {
      for engine in [Engine.vector, .scalar] {
        read.insert("clocks.\(engine.name)")
        read.formUnion(["copy", "cast"].map { "\(engine.name).classes.\($0)" })
      }
    }
    if !device.transfers.isEmpty { read.formUnion(["clocks.dma", "dma"]) }
    if !device.exchanges.isEmpty { read.insert("exchange") }
    return read.withoutMembersOfGroups
  }
}

extension Set<String> {
  /// Sorted paths; a group speaks for what is in it.
  fileprivate var withoutMembersOfGroups: [String] {
    filter { path in !contains { $0 != path && path.hasPrefix($0 + ".") } }.sorted()
  }
}

extension Hardware {
  /// Whether the value at a path is one of those that a run can depend on.
  public static func covers(_ path: String, _ settings: [String]) -> Bool {
    settings.contains { path == $0 || path.hasPrefix($0 + ".") }
  }
}
