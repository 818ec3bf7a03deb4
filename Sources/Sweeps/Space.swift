package import Diagnostics
import Hardware
package import Workloads

/// All combinations of the values of some axes, around a fixed variant.
///
/// A plain description: combinations are made one at a time, so that a space may have millions.
package struct Space: Hashable, Sendable {
  /// What is not varied.
  package var base: Variant
  /// What is varied; the last one changes fastest.
  package var axes: [Axis]

  /// Most variants of a space; a million a day is what a host can do.
  package static let countLimit = 1 << 32

  /// Makes a space.
  ///
  /// - Parameter kernels: Which there are.
  /// - Throws: `DiagnosticError` with all that is wrong: names that do not exist or are both fixed
  ///   and varied, values that a parameter cannot have, too many combinations.
  package init(
    _ base: Variant, _ axes: [Axis], of kernels: KernelCatalog
  ) throws(DiagnosticError) {
    self.base = base
    self.axes = axes
    let findings = problems(kernels)
    guard findings.isEmpty else { throw DiagnosticError(findings) }
  }

  /// Number of combinations.
  package var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// The values of each axis in the combination with this number.
  package func coordinates(_ index: Int) -> [Int] {
    var rest = index
    var found = Array(repeating: 0, count: axes.count)
    for axis in axes.indices.reversed() {
      found[axis] = rest % axes[axis].values.count
      rest /= axes[axis].values.count
    }
    return found
  }

  /// The combination with this number.
  package subscript(index: Int) -> Variant {
    var variant = base
    for (axis, coordinate) in zip(axes, coordinates(index)) {
      variant.set(axis.target, to: axis.values[coordinate])
    }
    return variant
  }

  // MARK: - Checks

  private func problems(_ kernels: KernelCatalog) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var seen: Set<Axis.Target> = []
    for axis in axes.flatMap(\.parts) where !seen.insert(axis.target).inserted {
      found.append(
        Diagnostic(.error, "'\(axis.name)' is varied twice", remedy: "give all values in one list"))
    }
    for axis in axes.flatMap(\.parts) where isFixed(axis.target) {
      found.append(
        Diagnostic(
          .error, "'\(axis.name)' is both fixed and varied", remedy: "leave one of the two out"))
    }
    var product = 1
    for axis in axes where product <= Space.countLimit { product *= max(1, axis.values.count) }
    if product > Space.countLimit {
      found.append(
        Diagnostic(
          .error, "there are more than \(Space.countLimit) combinations",
          remedy: "vary less, or search a sample: search: {random: 10000}"))
    }
    return found + subjectProblems(kernels) + hardwareProblems()
  }

  private func isFixed(_ target: Axis.Target) -> Bool {
    switch target {
    case .parameter(let name): base.parameters.contains { $0.name == name }
    case .override(let path): base.overrides.contains { $0.name == path }
    case .scale(let name): base.scales.contains { $0.name == name }
    case .hardware, .subject, .schedule, .together: false
    }
  }

  private func values(of target: Axis.Target, orElse value: String) -> [String] {
    axes.flatMap(\.parts).first { $0.target == target }?.values ?? [value]
  }

  /// Every value of every parameter must be one that each of the kernels takes.
  private func subjectProblems(_ kernels: KernelCatalog) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var settings = base.parameters
    for axis in axes.flatMap(\.parts) {
      guard case .parameter(let name) = axis.target else { continue }
      settings += axis.values.map { Setting(name, $0) }
    }
    for subject in values(of: .subject, orElse: base.subject) {
      let declared: [KernelParameter]
      switch Workload(subject, of: kernels) {
      case .kernel(let name):
        declared = kernels[name]?.parameters ?? []
        if base.inputs != nil {
          found.append(
            Diagnostic(
              .error, "'\(subject)' has inputs of its own", remedy: "leave --input out; see --param"
            ))
        }
      case .script:
        found += scriptProblems()
        continue
      case .capture(let path):
        found.append(Workload.refusal(ofCapture: path))
        continue
      case .programs:
        if !settings.isEmpty || base.inputs != nil {
          found.append(
            Diagnostic(
              .error, "'\(subject)' is a program file, and only kernels have parameters and inputs",
              remedy: remedyForUnknown(subject, known: kernels.names)
                + "; a kernel of a script is FILE.py:FUNCTION"))
        }
        continue
      }
      for setting in settings {
        do {
          _ = try KernelParameters([setting.text], for: declared)
        } catch let error as DiagnosticError {
          for finding in error.diagnostics where !found.contains(finding) { found.append(finding) }
        } catch {
          found.append(Diagnostic(.error, "\(error)"))
        }
      }
    }
    return found
  }

  /// Every size of an input must be given, as a whole number; what parameters the function has shows when it is called.
  private func scriptProblems() -> [Diagnostic] {
    let shapes: [InputShape]
    do throws(DiagnosticError) {
      shapes = try base.inputShapes() ?? []
    } catch {
      return error.diagnostics
    }
    var values = Dictionary(base.parameters.map { ($0.name, [$0.value]) }, uniquingKeysWith: +)
    for axis in axes.flatMap(\.parts) {
      if case .parameter(let name) = axis.target { values[name, default: []] += axis.values }
    }
    var found: [Diagnostic] = []
    for name in Set(shapes.flatMap(\.sizes)).sorted() {
      guard let given = values[name] else {
        found.append(
          Diagnostic(
            .error, "nothing says what '\(name)' is in a shape of the inputs",
            remedy: "give --size \(name)=128, or vary it"))
        continue
      }
      for value in given where Int(value).map({ $0 >= 1 }) != true {
        found.append(
          Diagnostic(.error, "size '\(name)' is '\(value)', not a whole number from 1 on"))
      }
    }
    for shape in shapes where values[shape.name] != nil && !shape.sizes.contains(shape.name) {
      found.append(
        Diagnostic(
          .error, "'\(shape.name)' is both an input and a parameter",
          remedy: "leave one of the two out"))
    }
    return found
  }

  /// Every hardware value must be one that each configuration takes, by itself.
  private func hardwareProblems() -> [Diagnostic] {
    var found: [Diagnostic] = []
    for name in values(of: .hardware, orElse: base.hardware) {
      do throws(DiagnosticError) {
        let hardware = try Hardware.load(name, overrides: base.overrides.map(\.text))
        for axis in axes.flatMap(\.parts) + base.scales.map({ Axis(.scale($0.name), [$0.value]) }) {
          if case .scale(let part) = axis.target {
            _ = try ScaledTarget(part, on: hardware)
            for value in axis.values { _ = try ScaledTarget.factor(value, of: part) }
          }
          guard case .override(let path) = axis.target else { continue }
          for value in Set(axis.values).sorted() where found.count < 20 {
            // What contradicts other values may fit once those are varied as well.
            do throws(DiagnosticError) {
              _ = try hardware.overridden(by: ["\(path)=\(value)"])
            } catch {
              found += error.diagnostics.filter { ($0.location?.line ?? 0) > 0 }
            }
          }
        }
      } catch {
        found += error.diagnostics
      }
    }
    return found
  }
}
