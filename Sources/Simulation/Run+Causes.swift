import Device
package import Timing

extension Run {
  /// Why everything happened when it did, of all cores; `nil` if nothing was timed.
  ///
  /// The same device programs are timed once more.
  package func causes() throws -> Causes? {
    let devices = cores.compactMap(\.device)
    guard total != nil, devices.count == cores.count else { return nil }
    do throws(CoresTimingError) {
      return try Timing.causes(devices, of: layout, on: hardware).causes
    } catch {
      throw Simulation.describe(error, self)
    }
  }
}
