// The functions of trnsim.h about tables and variants, which it documents.

/// A table of the last run, as JSON.
@_cdecl("trnsim_session_table")
public func sessionTable(
  _ handle: UnsafeMutableRawPointer?, _ table: UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
  guard let table = string(table) else { return nil }
  return lend(handle, slot: 6) { try $0.table(table) }
}

/// Keeps the programs as those of a variant.
@_cdecl("trnsim_session_keep")
public func sessionKeep(
  _ handle: UnsafeMutableRawPointer?, _ variant: UnsafePointer<CChar>?
) -> Int32 {
  guard let variant = string(variant) else { return misuse }
  return call(handle) { try $0.keep(variant) }
}

/// Keeps why a variant has no programs.
@_cdecl("trnsim_session_refuse")
public func sessionRefuse(
  _ handle: UnsafeMutableRawPointer?, _ variant: UnsafePointer<CChar>?,
  _ reason: UnsafePointer<CChar>?
) -> Int32 {
  guard let variant = string(variant), let reason = string(reason) else { return misuse }
  return call(handle) { try $0.refuse(variant, reason) }
}

/// Varies something from the next comparison on.
@_cdecl("trnsim_session_vary")
public func sessionVary(
  _ handle: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
  _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int32
) -> Int32 {
  guard let name = string(name), let values, count >= 0 else { return misuse }
  let texts = (0..<Int(count)).compactMap { string(values[$0]) }
  guard texts.count == Int(count) else { return misuse }
  return call(handle) { try $0.vary(name, texts) }
}

/// Who is told how many variants are done; not 0 ends the comparison.
public typealias ProgressCallback = @convention(c) (UnsafeMutableRawPointer?, Int64) -> Int32

/// Simulates all combinations of what is varied.
@_cdecl("trnsim_session_compare")
public func sessionCompare(
  _ handle: UnsafeMutableRawPointer?, _ variant: UnsafePointer<CChar>?,
  _ progress: ProgressCallback?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let variant = string(variant) else { return misuse }
  return call(handle) { session in
    try session.compare(variant) { done in progress.map { $0(context, Int64(done)) == 0 } ?? true }
  }
}

/// What faster parts of the machine would give.
@_cdecl("trnsim_session_whatif")
public func sessionWhatIf(
  _ handle: UnsafeMutableRawPointer?, _ variant: UnsafePointer<CChar>?,
  _ scales: UnsafePointer<CChar>?
) -> Int32 {
  guard let variant = string(variant) else { return misuse }
  return call(handle) { try $0.whatIf(variant, scales: string(scales) ?? "") }
}

/// Tries changes of a variant's programs.
@_cdecl("trnsim_session_advise")
public func sessionAdvise(
  _ handle: UnsafeMutableRawPointer?, _ variant: UnsafePointer<CChar>?,
  _ rules: UnsafePointer<CChar>?
) -> Int32 {
  guard let variant = string(variant) else { return misuse }
  return call(handle) { try $0.advise(variant, rules: string(rules) ?? "") }
}

/// What differs between two variants.
@_cdecl("trnsim_session_difference")
public func sessionDifference(
  _ handle: UnsafeMutableRawPointer?, _ before: UnsafePointer<CChar>?,
  _ after: UnsafePointer<CChar>?
) -> Int32 {
  guard let before = string(before), let after = string(after) else { return misuse }
  return call(handle) { try $0.difference(before, after) }
}

/// Compares a variant with the numbers that were accepted for it.
@_cdecl("trnsim_session_check")
public func sessionCheck(
  _ handle: UnsafeMutableRawPointer?, _ variant: UnsafePointer<CChar>?,
  _ name: UnsafePointer<CChar>?, _ baseline: UnsafePointer<CChar>?,
  _ tolerances: UnsafePointer<CChar>?
) -> Int32 {
  guard let variant = string(variant), let name = string(name), let baseline = string(baseline)
  else { return misuse }
  return call(handle) {
    try $0.check(variant, name: name, baseline: baseline, tolerances: string(tolerances) ?? "")
  }
}

/// Accepts the numbers of the last check.
@_cdecl("trnsim_session_accept")
public func sessionAccept(_ handle: UnsafeMutableRawPointer?) -> Int32 {
  call(handle) { try $0.accept() }
}

/// Writes reports and traces of what the last check found.
@_cdecl("trnsim_session_differences")
public func sessionDifferences(
  _ handle: UnsafeMutableRawPointer?, _ directory: UnsafePointer<CChar>?
) -> Int32 {
  guard let directory = string(directory) else { return misuse }
  return call(handle) { try $0.writeDifferences(to: directory) }
}

/// What the last comparison gave, in a form.
@_cdecl("trnsim_session_comparison")
public func sessionComparison(
  _ handle: UnsafeMutableRawPointer?, _ form: UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
  guard let form = string(form) else { return nil }
  return lend(handle, slot: 7) { try $0.comparison(form) }
}
