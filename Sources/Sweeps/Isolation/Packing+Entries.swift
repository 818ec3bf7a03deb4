import Compiler
import Device
import Diagnostics
import Timing

extension Setting: Packable {
  package func pack(into packer: inout Packer) {
    packer.put(name)
    packer.put(value)
  }

  package init(from unpacker: inout Unpacker) throws(UnpackingError) {
    self.init(try unpacker.text(), try unpacker.text())
  }
}

extension Unpacker {
  fileprivate mutating func settings() throws(UnpackingError) -> [Setting] {
    try list { unpacker throws(UnpackingError) in try Setting(from: &unpacker) }
  }

  fileprivate mutating func times() throws(UnpackingError) -> [Picoseconds] {
    try list { unpacker throws(UnpackingError) in Picoseconds(try unpacker.number()) }
  }
}

extension Variant: Packable {
  package func pack(into packer: inout Packer) {
    packer.put(subject)
    packer.put(coresPerRank)
    packer.put(inputs) { packer, inputs in packer.put(inputs) { $0.put($1) } }
    packer.put(scriptArguments)
    packer.put(parameters) { $0.put($1) }
    packer.put(hardware)
    packer.put(overrides) { $0.put($1) }
    packer.put(scales) { $0.put($1) }
    packer.put(schedule) { $0.put($1.rawValue) }
  }

  package init(from unpacker: inout Unpacker) throws(UnpackingError) {
    self.init(try unpacker.text())
    coresPerRank = try unpacker.number()
    inputs = try unpacker.optional { unpacker throws(UnpackingError) in try unpacker.settings() }
    scriptArguments = try unpacker.texts()
    parameters = try unpacker.settings()
    hardware = try unpacker.text()
    overrides = try unpacker.settings()
    scales = try unpacker.settings()
    schedule = try unpacker.optional { unpacker throws(UnpackingError) in try unpacker.text() }
      .flatMap { Schedule(rawValue: $0) }
  }
}

extension Measurement: Packable {
  package func pack(into packer: inout Packer) {
    for quantity in Quantity.allCases { packer.put(self[quantity]) }
    packer.put(busy) { $0.put(Int($1)) }
    packer.put(Int(dmaBusy))
    packer.put(bounds) { $0.put(Int($1)) }
    packer.put(Int(chain))
    packer.put(limit)
    packer.put(limitShare)
    packer.put(engine) { $0.put(Int($1.rawValue)) }
    packer.put(sentence)
    packer.put(mfu)
    packer.put(mbu)
    packer.put(waits) { packer, wait in
      packer.put(Int(wait.engine.rawValue))
      packer.put(wait.producer)
      packer.put(wait.isQueue)
      packer.put(wait.text)
      packer.put(wait.location) { packer, place in
        packer.put(place.file)
        packer.put(place.line)
        packer.put(place.column)
      }
      packer.put(Int(wait.time))
      packer.put(wait.count)
    }
    packer.put(passed) { $0.put($1) }
  }

  package init(from unpacker: inout Unpacker) throws(UnpackingError) {
    self.init()
    for quantity in Quantity.allCases { self[quantity] = try unpacker.number() }
    busy = try unpacker.times()
    dmaBusy = Picoseconds(try unpacker.number())
    bounds = try unpacker.times()
    chain = Picoseconds(try unpacker.number())
    limit = try unpacker.text()
    limitShare = try unpacker.real()
    engine = try unpacker.optional { unpacker throws(UnpackingError) in try unpacker.engine() }
    sentence = try unpacker.text()
    mfu = try unpacker.real()
    mbu = try unpacker.real()
    waits = try unpacker.list { unpacker throws(UnpackingError) in
      Wait(
        engine: try unpacker.engine(), producer: try unpacker.text(),
        isQueue: try unpacker.flag(), text: try unpacker.text(),
        location: try unpacker.optional { unpacker throws(UnpackingError) in
          SourceLocation(
            file: try unpacker.text(), line: try unpacker.number(), column: try unpacker.number())
        }, time: Picoseconds(try unpacker.number()), count: try unpacker.number())
    }
    passed = try unpacker.optional { unpacker throws(UnpackingError) in try unpacker.flag() }
  }
}

extension Unpacker {
  fileprivate mutating func engine() throws(UnpackingError) -> Engine {
    guard let engine = UInt8(exactly: try number()).flatMap({ Engine(rawValue: $0) }) else {
      throw UnpackingError()
    }
    return engine
  }
}

extension VariantOutcome: Packable {
  package func pack(into packer: inout Packer) {
    packer.put(status)
    switch self {
    case .measured(let measurement): packer.put(measurement)
    case .refused(let reasons): packer.put(reasons)
    case .faulted(let reason), .died(let reason): packer.put(reason)
    }
  }

  package init(from unpacker: inout Unpacker) throws(UnpackingError) {
    switch try unpacker.text() {
    case "measured": self = .measured(try Measurement(from: &unpacker))
    case "refused": self = .refused(try unpacker.texts())
    case "faulted": self = .faulted(try unpacker.text())
    case "died": self = .died(try unpacker.text())
    default: throw UnpackingError()
    }
  }
}
