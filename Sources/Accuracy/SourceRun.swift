import Compiler
package import Device
package import Hardware
import Machine
import Programs
package import Timing
package import Workloads

/// A captured kernel simulated from its source: Lowering and Timing together.
package struct SourceRun: Sendable {
  /// What was simulated.
  package var captured: CapturedKernel
  /// What the lowering made.
  package var device: DeviceProgram
  /// What was predicted.
  package var timeline: Timeline

  /// Builds, lowers and times the kernel.
  ///
  /// - Throws: What the builder, the lowering or the timing find wrong.
  package init(_ captured: CapturedKernel, of kernels: KernelCatalog, on hardware: Hardware) throws
  {
    self.captured = captured
    let kernel = try kernels.make(captured.kernel, captured.settings)
    device = try Lowering.lower(kernel.programs(Geometry(hardware)).programs[0], on: hardware)
    timeline = try Timing.run(
      device, on: hardware, options: TimingOptions(released: Timing.release(hardware)))
  }

  /// From the first begin to the last end of the instructions, as the captures' spans are measured.
  package var span: Picoseconds {
    (timeline.instructions.map(\.end).max() ?? 0) - (timeline.instructions.map(\.begin).min() ?? 0)
  }
}
