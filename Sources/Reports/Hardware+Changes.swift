import Hardware

extension Hardware {
  /// What the user changed, as `path=value`, in the order of the configuration.
  var changes: [String] {
    paths.compactMap { path in
      guard let source = source(of: path), source.hasPrefix("set by the user") else { return nil }
      return value(of: path).map { "\(path)=\($0)" }
    }
  }
}
