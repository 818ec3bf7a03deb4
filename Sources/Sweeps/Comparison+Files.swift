import Device
package import Reports
import Timing

extension Comparison {
  /// Version of the JSON form; it grows when a key changes its meaning or goes.
  package static let schemaVersion = 1

  /// The comparison for machines: `variants` in the order of the space, `ranking` and `pareto` as
  /// their indices, `best` and `worst` with their reasons.
  package var json: JSON {
    let ranked = ranked
    let tied = tied(ranked)
    var object: [String: JSON] = [
      "schema": .integer(Comparison.schemaVersion),
      "kernel": .string(space.base.subject),
      "hardware": .string(space.base.hardware),
      "fixed": JSON(space.base.parameters),
      "overrides": JSON(space.base.overrides),
      "axes": .array(
        space.axes.map {
          .object(["name": .string($0.name), "values": .array($0.values.map { .string($0) })])
        }),
      "variants": .array(outcomes.indices.map { variantJSON($0, tied: tied) }),
      "ranking": .array(ranked.map { .integer($0.index) }),
      "pareto": .array(Comparison.pareto(ranked).map { .integer($0.index) }),
    ]
    if let inputs = space.base.inputs { object["inputs"] = JSON(inputs) }
    if !space.base.scales.isEmpty { object["scales"] = JSON(space.base.scales) }
    if let tieRatio {
      object["tie_ratio"] = .real(tieRatio)
      object["ties"] = .array(ranked.prefix(ties(ranked)).map { .integer($0.index) })
    }
    if let best = ranked.first, let worst = ranked.last {
      object["best"] = .object([
        "index": .integer(best.index), "sentence": .string(best.measurement.sentence),
      ])
      let difference = Difference(from: best.measurement, to: worst.measurement)
      object["worst"] = .object([
        "index": .integer(worst.index), "sentence": .string(worst.measurement.sentence),
        "against_best": .array(difference.reasons.map { .string($0.text) }),
      ])
    }
    return .object(object)
  }

  private func variantJSON(_ index: Int, tied: Set<Int>?) -> JSON {
    let values = zip(space.axes, space.coordinates(index)).map { Setting($0.name, $0.values[$1]) }
    var object: [String: JSON] = ["index": .integer(index), "values": JSON(values)]
    switch outcomes[index] {
    case nil: object["status"] = .string("interrupted")
    case .measured(let measurement):
      object["status"] = .string("measured")
      if let tied { object["tied_with_best"] = .bool(tied.contains(index)) }
      object.merge(measurement.entries) { $1 }
    case .some(let outcome):
      object["status"] = .string(outcome.status)
      object["reason"] = .string(outcome.reason)
    }
    return .object(object)
  }

  /// One line per variant in the order of the space, with a heading.
  package var csv: String {
    let quantities = Quantity.allCases
    var out =
      csvLine(
        space.axes.map(\.name) + ["status"] + quantities.map(\.rawValue) + [
          "limit", "limit_share", "mfu_estimated_percent", "mbu_estimated_percent", "reason",
          "tied_with_best",
        ])
    let tied = tied(ranked)
    for (index, outcome) in outcomes.enumerated() {
      var cells = zip(space.axes, space.coordinates(index)).map { $0.values[$1] }
      cells.append(outcome?.status ?? "interrupted")
      if let found = outcome?.measurement {
        cells += quantities.map { "\(found[$0])" }
        cells += [found.limit, "\(found.limitShare)", "\(found.mfu)", "\(found.mbu)", ""]
        cells.append(tied.map { $0.contains(index) ? "true" : "false" } ?? "")
      } else {
        cells += quantities.map { _ in "" } + ["", "", "", "", outcome?.reason ?? "", ""]
      }
      out += csvLine(cells)
    }
    return out
  }
}

extension JSON {
  /// Settings as an object of texts.
  package init(_ settings: [Setting]) {
    self = .object(
      Dictionary(settings.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { $1 }))
  }
}

extension Measurement {
  /// The numbers by their keys, with the verdict.
  package var entries: [String: JSON] {
    var object: [String: JSON] = [
      "limit": .string(limit), "limit_share": .real(limitShare), "sentence": .string(sentence),
      "mfu_estimated_percent": .real(mfu), "mbu_estimated_percent": .real(mbu),
    ]
    for quantity in Quantity.allCases { object[quantity.rawValue] = .integer(self[quantity]) }
    if let passed { object["passed"] = .bool(passed) }
    return object
  }
}

/// A line of comma-separated values (RFC 4180, with a line feed).
package func csvLine(_ cells: [String]) -> String {
  cells.map { cell in
    guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }.joined(separator: ",") + "\n"
}
