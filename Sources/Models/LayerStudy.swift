package import Device
package import Hardware
import ISA
package import Kernels
import Machine
import Programs
package import Reports
package import Simulation
package import Timing

/// A decoder layer measured twice: as one program, and with each operation as a kernel of its own.
package struct LayerStudy: Sendable {
  /// One operation's part of the layer.
  package struct Row: Sendable {
    /// The operation.
    package var operation: LayerOperation
    /// Its kernel alone, from HBM to HBM; `nil` where no kernel does it alone.
    package var alone: Picoseconds?
    /// What limits the kernel.
    package var bottleneck: Bottleneck?
    /// The engine with most work, and its share of the kernel's time.
    package var busiest: (engine: Engine, share: Double)?
    /// When the fused program has finished it; `nil` in rows whose step another row stands for.
    package var finished: Picoseconds?
    /// By how much it moved the time by which all up to here is finished.
    ///
    /// All of these sum to the program's time.
    package var added: Picoseconds
    /// The least time of any core of this hardware.
    package var least: Picoseconds
  }

  /// The layer.
  package var layer: LayerExtents
  /// The fused program's run; of several cores the slowest one's.
  package var fused: CoreRun
  /// By operation.
  package var rows: [Row]
  /// HBM bandwidth, in GB/s, of a core whose neighbour is as busy.
  package var sharedBandwidth: Double

  /// The fused program's time.
  package var total: Picoseconds { fused.timeline?.total ?? 0 }
  /// All kernels one after another.
  package var aloneTotal: Picoseconds { rows.reduce(0) { $0 + ($1.alone ?? 0) } }
  /// All operations in turn, each in its least time.
  package var leastByOperation: Picoseconds { rows.reduce(0) { $0 + $1.least } }

  /// The least time of the layer where everything overlaps, on this hardware.
  package func leastTime(on hardware: Hardware) -> Picoseconds {
    leastTime(bandwidth: hardware.hbm.readBandwidthPerCore, hardware)
  }

  /// The same where two cores share the HBM stack: half of its bandwidth each.
  package func sharedLeastTime(on hardware: Hardware) -> Picoseconds {
    leastTime(bandwidth: sharedBandwidth, hardware)
  }

  private func leastTime(bandwidth: Double, _ hardware: Hardware) -> Picoseconds {
    let flops = rows.reduce(0) { $0 + $1.operation.flops }
    let bytes = rows.reduce(0) { $0 + $1.operation.bytes }
    return Picoseconds(max(Double(flops) / hardware.peakTFLOPS, Double(bytes) * 1000 / bandwidth))
  }

  /// Takes the fused run apart and times every operation alone.
  ///
  /// - Throws: What `Simulation.run` throws.
  package init(
    _ run: Run, of kernel: Qwen3LayerKernel, on hardware: Hardware, set: StrategySet = .tiled
  ) throws {
    var extents = kernel.extents
    let run = run.slowestCore
    extents.count(blocks: LayerStudy.blocks(of: run))
    layer = extents
    fused = run
    sharedBandwidth = hardware.hbm.bandwidthPerStack / 2
    let ends = LayerStudy.ends(of: run)
    var options = Simulation.Options()
    options.mode = .timingOnly
    var reached: Picoseconds = 0
    var seen: Set<Qwen3LayerKernel.Step> = []
    rows = []
    for operation in LayerOperation.all(extents, set) {
      var row = Row(
        operation: operation, alone: nil, bottleneck: nil, busiest: nil, finished: nil, added: 0,
        least: operation.leastTime(on: hardware))
      if let name = operation.kernel {
        let (kernel, shared) = (
          try name.make(operation.settings), hardware.shared(by: extents.layout)
        )
        let alone = try Simulation.check(
          kernel.programs(Geometry(shared)), of: kernel, on: shared, options: options)
        row.alone = alone.total
        if let timed = Report(alone).timed {
          row.bottleneck = timed.bottleneck
          row.busiest = timed.summary.busiest
        }
      }
      if seen.insert(operation.step).inserted, let end = ends[operation.step] {
        row.finished = end
        // No later operation waits for what goes into the cache.
        if operation.step != .cacheWrite {
          row.added = max(0, end - reached)
          reached = max(reached, end)
        }
      }
      rows.append(row)
    }
    // What comes after the last operation's end, such as a store's acknowledgement.
    if let last = rows.indices.last { rows[last].added += max(0, total - reached) }
  }

  /// Blocks of grouped experts that a program worked on.
  private static func blocks(of run: CoreRun) -> Int {
    guard let results = run.program.tensors.firstIndex(where: { $0.name == "slot_results" }) else {
      return 0
    }
    return run.program.instructions.count { instruction in
      (instruction.operation as? DMACopy).map { Int($0.dst.tensor.index) == results } ?? false
    }
  }

  /// When everything of a step had completed.
  private static func ends(of run: CoreRun) -> [Qwen3LayerKernel.Step: Picoseconds] {
    guard let device = run.device, let timeline = run.timeline else { return [:] }
    let program = run.program
    var steps: [Qwen3LayerKernel.Step?] = []
    for scope in program.scopes {
      let parent = scope.parent >= 0 ? steps[Int(scope.parent)] : nil
      steps.append(parent ?? Qwen3LayerKernel.Step(rawValue: scope.name))
    }
    var ends: [Qwen3LayerKernel.Step: Picoseconds] = [:]
    for (index, instruction) in device.instructions.enumerated() where instruction.source >= 0 {
      let scope = program.instructions[Int(instruction.source)].scope
      guard scope >= 0, let step = steps[Int(scope)] else { continue }
      // Engines wait for what they have stored when they have nothing else left to do.
      if instruction.opcode == .nop { continue }
      var end = timeline.instructions[index].end
      if case .trigger(let transfer) = instruction.work {
        end = timeline.transfers[Int(transfer)].complete
      }
      ends[step] = max(ends[step] ?? 0, end)
    }
    return ends
  }
}
