/// A colour from the best, 0, to the worst, 1, that people with colour-blindness can tell apart: viridis (van der
/// Walt and Smith, 2015), reversed, at five points.
package struct HeatColor: Hashable, Sendable {
  package let red: Int
  package let green: Int
  package let blue: Int
  /// Whether black can be read on it, and white cannot.
  package let isLight: Bool

  private static let ramp: [(Double, Double, Double)] = [
    (253, 231, 37), (94, 201, 98), (33, 145, 140), (59, 82, 139), (68, 1, 84),
  ]

  package init(_ position: Double) {
    let scaled = min(max(position, 0), 1) * Double(HeatColor.ramp.count - 1)
    let low = min(Int(scaled), HeatColor.ramp.count - 2)
    let part = scaled - Double(low)
    func mixed(_ a: Double, _ b: Double) -> Int { Int((a + (b - a) * part).rounded()) }
    let (from, to) = (HeatColor.ramp[low], HeatColor.ramp[low + 1])
    red = mixed(from.0, to.0)
    green = mixed(from.1, to.1)
    blue = mixed(from.2, to.2)
    isLight = position < 0.5
  }
}
