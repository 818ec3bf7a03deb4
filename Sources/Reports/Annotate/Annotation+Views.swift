import Diagnostics
import Programs
import Timing

// matmul on trn2: 41.950 µs
//
//   Times are in µs: critical on the critical path, which the whole time is spent on; busy where engines execute …
//
//   file                             critical  share    busy   waited    moved  count
//   Kernels/MatmulKernel+Emit.swift    41.950  100 %  48.784  104.763  6.0 MiB    331
//
// Kernels/MatmulKernel+Emit.swift
//   critical    busy  waited    moved  count  line  source
//                                              159        for slot in slots {
//      5.416  31.513   7.033             260   160          builder.emit(NCMatmul(

/// How annotations are shown.
package struct AnnotationView: Sendable {
  /// Lines around those with figures; `nil` for whole sources.
  package var context: Int?
  /// Whether the tree tells also what took next to nothing.
  package var isWhole: Bool

  package init(context: Int? = 2, isWhole: Bool = false) {
    self.context = isWhole ? nil : context
    self.isWhole = isWhole
  }
}

extension Annotation {
  /// From this share of the critical path on a line is set off.
  ///
  /// Assumed: what is less is not what to look at first.
  private static let strong = 0.1
  /// From this share of the critical path or of the engines' time on a part of the tree is shown.
  ///
  /// Assumed: people read shares in whole percent.
  private static let least = 0.01

  /// The sources with figures beside their lines.
  package func lineBlocks(_ view: AnnotationView) -> [Block] {
    var blocks: [Block] = [.heading(title), legend, totals] + longest
    for (index, file) in files.enumerated() {
      blocks.append(.heading(Phrase(file.name)))
      if file.text == nil {
        blocks.append(
          .sentence("The source is not found: --source DIR names the folder that it is in."))
      }
      blocks.append(.table(table(file, "files.\(index)", view)))
    }
    return blocks
  }

  /// The tree of scopes, operations and instructions.
  package func scopeBlocks(_ view: AnnotationView) -> [Block] {
    var table = Table([
      Table.Column("part", .text, isKey: true), Table.Column("critical"), Table.Column("share"),
      Table.Column("busy"), Table.Column("waited"), Table.Column("moved"), Table.Column("times"),
    ])
    addRows(tree.roots, depth: 0, "scopes", view, to: &table)
    if !rest.isEmpty {
      table.rows.append(row("no part of the program", rest, "elsewhere", times: ""))
    }
    if table.rows.count > 1 { table.rows.append(row("all", total, "total", times: "")) }
    return [.heading(title), legend, .table(table)]
  }

  private var legend: Block {
    .sentence(
      "Times are in µs. critical: on the critical path, which adds up to the run; busy: an engine executes; waited: the next instruction of an engine waits; moved: by DMAs."
    )
  }

  private var totals: Block {
    var table = Table([
      Table.Column("file", .text, isKey: true), Table.Column("critical"), Table.Column("share"),
      Table.Column("busy"), Table.Column("waited"), Table.Column("moved"), Table.Column("count"),
    ])
    func count(_ figures: PartFigures, _ key: String) -> Table.Cell {
      .figure(.count(figures.instructions, nil, "\(key).instructions"))
    }
    for (index, file) in files.enumerated() {
      let key = "files.\(index)"
      table.rows.append(row(file.name, file.figures, key, times: count(file.figures, key)))
    }
    if !rest.isEmpty {
      table.rows.append(row("no line", rest, "elsewhere", times: count(rest, "elsewhere")))
    }
    if table.rows.count > 1 {
      table.rows.append(row("all", total, "total", times: count(total, "total")))
    }
    return .table(table)
  }

  /// The lines that are set off, with what their time on the critical path was spent on.
  private var longest: [Block] {
    var found: [(place: String, key: String, figures: PartFigures)] = []
    for (number, file) in files.enumerated() {
      let name = file.name.split(separator: "/").last ?? ""
      for (index, line) in file.lines.enumerated()
      where share(line.figures.critical) >= Annotation.strong {
        found.append(
          ("\(name):\(line.number)", "files.\(number).lines.\(index)", line.figures))
      }
    }
    guard !found.isEmpty else { return [] }
    var table = Table([
      Table.Column("line", .text, isKey: true), Table.Column("critical"), Table.Column("share"),
      Table.Column("spent on", .text),
    ])
    let order = found.sorted {
      ($1.figures.critical, $0.key) < ($0.figures.critical, $1.key)
    }
    for (place, key, figures) in order {
      let causes = figures.causes.filter { $0.value > 0 }
        .sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
      let spent = causes.prefix(3).map { cause, time -> Phrase in
        let share = Double(time) / Double(max(1, figures.critical))
        return
          "\(cause.displayName) \(Figure(percent(share), seconds(time), "\(key).critical_causes.\(cause.key)"))"
      }
      table.rows.append([
        .text(place), .figure(.microseconds(figures.critical, "\(key).critical_time")),
        .figure(.share(share(figures.critical))), .phrase(spent.joined(separator: ", ")),
      ])
    }
    return [.table(table)]
  }

  private func row(
    _ name: String, _ figures: PartFigures, _ key: String, times: Table.Cell
  ) -> [Table.Cell] {
    [
      .text(name), .figure(.microseconds(figures.critical, "\(key).critical_time")),
      .figure(.share(share(figures.critical))),
      .figure(.microseconds(figures.active, "\(key).active_time")),
      .figure(.microseconds(figures.waited, "\(key).waited")), moved(figures, key), times,
    ]
  }

  private func share(_ critical: Picoseconds) -> Double {
    time > 0 ? Double(critical) / Double(time) : 0
  }

  private func moved(_ figures: PartFigures, _ key: String) -> Table.Cell {
    figures.bytes > 0 ? .figure(.bytes(figures.bytes, "\(key).dma_bytes")) : ""
  }

  // MARK: - Lines

  private func table(_ file: File, _ key: String, _ view: AnnotationView) -> Table {
    var table = Table([
      Table.Column("critical"), Table.Column("busy"), Table.Column("waited"),
      Table.Column("moved"), Table.Column("count"), Table.Column("line", isKey: true),
      Table.Column(file.text == nil ? "operations" : "source", file.text == nil ? .text : .code),
    ])
    let figures = Dictionary(
      uniqueKeysWithValues: file.lines.enumerated().map { ($1.number, $0) })
    var before: Int?
    for number in shown(file, view) {
      if let before, number > before + 1 {
        table.rows.append(["", "", "", "", "", "⋮", ""])
      }
      before = number
      let text = file.text.map { lines in
        lines.indices.contains(number - 1) ? source(lines[number - 1]) : ""
      }
      guard let index = figures[number] else {
        table.rows.append(["", "", "", "", "", .text("\(number)"), .text(text ?? "")])
        continue
      }
      let line = file.lines[index]
      table.rows.append(
        row(line, "\(key).lines.\(index)", text ?? line.operations.joined(separator: ", ")))
    }
    return table
  }

  private func row(_ line: Line, _ key: String, _ text: String) -> [Table.Cell] {
    let figures = line.figures
    let isStrong = share(figures.critical) >= Annotation.strong
    func cell(_ figure: Figure, _ isShown: Bool) -> Table.Cell {
      isShown ? .phrase(Phrase(figure, isStrong ? .strong : .plain)) : ""
    }
    return [
      cell(.microseconds(figures.critical, "\(key).critical_time"), figures.critical > 0),
      cell(.microseconds(figures.active, "\(key).active_time"), figures.instructions > 0),
      cell(.microseconds(figures.waited, "\(key).waited"), figures.waited > 0),
      cell(.bytes(figures.bytes, "\(key).dma_bytes"), figures.bytes > 0),
      cell(.count(figures.instructions, nil, "\(key).instructions"), figures.instructions > 0),
      .text(line.number > 0 ? "\(line.number)" : ""), .text(text),
    ]
  }

  /// The lines that are shown, in order.
  private func shown(_ file: File, _ view: AnnotationView) -> [Int] {
    let numbers = file.lines.map(\.number)
    guard let text = file.text else { return numbers }
    var found = Set(numbers)
    guard let context = view.context else {
      return found.union(text.isEmpty ? [] : Array(1...text.count)).sorted()
    }
    for number in numbers where number > 0 && number <= text.count {
      found.formUnion(max(1, number - context)...min(text.count, number + context))
    }
    return found.sorted()
  }

  /// A line with its indentation, which layouts would take for the space between words.
  private func source(_ line: String) -> String {
    var blanks = 0
    for character in line {
      guard character == " " || character == "\t" else { break }
      // Assumed: as most editors show it.
      blanks += character == "\t" ? 4 : 1
    }
    let rest = line.drop { $0 == " " || $0 == "\t" }
    return rest.isEmpty ? "" : String(repeating: "\u{A0}", count: blanks) + rest
  }

  // MARK: - Scopes

  private func addRows(
    _ nodes: [ScopeTree.Node], depth: Int, _ key: String, _ view: AnnotationView,
    to table: inout Table
  ) {
    let indent = String(repeating: "\u{A0}\u{A0}", count: depth)
    var left = PartFigures()
    var leftCount = 0
    for (index, node) in nodes.enumerated() {
      guard view.isWhole || isShown(node.figures) else {
        left += node.figures
        leftCount += 1
        continue
      }
      let key = "\(key).\(index)"
      var name = indent + node.name
      if let location = node.location {
        name += " at \(location.file.split(separator: "/").last ?? ""):\(location.line)"
      }
      table.rows.append(
        row(
          name, node.figures, key,
          times: .figure(Figure("×\(grouped(node.count))", .integer(node.count), "\(key).count"))))
      // An operation that is one kind of instruction says as much as that.
      if view.isWhole || node.kind != .operation || node.children.count > 1 {
        addRows(node.children, depth: depth + 1, "\(key).children", view, to: &table)
      }
    }
    // Of what is all left out the row above says as much.
    guard leftCount > 0, leftCount < nodes.count || depth == 0 else { return }
    var cells = row("\(indent)and \(grouped(leftCount)) more", left, "", times: "")
    // The sum of several is nowhere in the JSON report.
    for index in cells.indices {
      guard case .phrase(var phrase) = cells[index] else { continue }
      for piece in phrase.pieces.indices { phrase.pieces[piece].figure?.key = nil }
      cells[index] = .phrase(phrase.toned(.faint))
    }
    table.rows.append(cells)
  }

  private func isShown(_ figures: PartFigures) -> Bool {
    let busy = total.active > 0 ? Double(figures.active) / Double(total.active) : 0
    return share(figures.critical) >= Annotation.least || busy >= Annotation.least
  }

  // MARK: - JSON

  /// For machines; times are in seconds.
  package var json: JSON {
    .object([
      "schema": .integer(1), "kernel": .string(name), "total_time": seconds(time),
      "cores": .array(cores.map { .integer($0) }),
      "files": .array(
        files.map { file in
          var values = file.figures.values(hasPath: true)
          values["file"] = .string(file.name)
          values["found"] = .bool(file.text != nil)
          values["lines"] = .array(
            file.lines.map { line in
              var values = line.figures.values(hasPath: true)
              values["line"] = .integer(line.number)
              values["operations"] = .array(line.operations.map { .string($0) })
              values["executed"] = .integer(line.executed)
              if let text = file.text(of: line) { values["text"] = .string(text) }
              return .object(values)
            })
          return .object(values)
        }),
      "elsewhere": .object(rest.values(hasPath: true)),
      "total": .object(total.values(hasPath: true)),
      "scopes": .array(tree.roots.map { JSON($0) }),
    ])
  }
}

extension JSON {
  fileprivate init(_ node: ScopeTree.Node) {
    var values = node.figures.values(hasPath: true)
    values["kind"] = .string(node.kind.rawValue)
    values["name"] = .string(node.name)
    values["count"] = .integer(node.count)
    values["location"] = node.location.map { .string($0.description) } ?? .null
    values["children"] = .array(node.children.map { JSON($0) })
    self = .object(values)
  }
}
