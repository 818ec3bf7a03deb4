/// A drawing of numbers, for pages.
package struct Chart: Hashable, Sendable {
  /// How numbers become places.
  package enum Scale: Hashable, Sendable {
    case linear, logarithmic
    /// Whole numbers from 0 on stand for these.
    case names([String])
  }

  /// What is to the right, or up.
  package struct Axis: Hashable, Sendable {
    package var title: String
    package var scale: Scale

    package init(_ title: String, _ scale: Scale = .linear) {
      self.title = title
      self.scale = scale
    }
  }

  /// How points are shown.
  package enum Mark: Hashable, Sendable {
    case line, dashes, steps, points, bars
    /// Between the points and their bases, in steps.
    case area
  }

  /// A number over another.
  package struct Point: Hashable, Sendable {
    package var x: Double
    package var y: Double
    /// Where bars and areas begin.
    package var base: Double
    /// What it is, for who points at it.
    package var title: String

    package init(_ x: Double, _ y: Double, base: Double = 0, title: String = "") {
      self.x = x
      self.y = y
      self.base = base
      self.title = title
    }
  }

  /// Points that belong together.
  package struct Series: Hashable, Sendable {
    package var name: String
    package var mark: Mark
    /// The number of its colour, 0…7.
    package var tint: Int
    package var points: [Point]

    package init(_ name: String, _ mark: Mark, tint: Int, _ points: [Point]) {
      self.name = name
      self.mark = mark
      self.tint = tint
      self.points = points
    }
  }

  /// One of several axes beside each other.
  package struct Column: Hashable, Sendable {
    package var title: String
    /// Texts and where they are, 0 at the bottom and 1 at the top.
    package var labels: [Label]

    package struct Label: Hashable, Sendable {
      package var place: Double
      package var text: String

      package init(_ place: Double, _ text: String) {
        self.place = place
        self.text = text
      }
    }

    package init(_ title: String, _ labels: [Label]) {
      self.title = title
      self.labels = labels
    }
  }

  /// One of what goes over several axes.
  package struct Thread: Hashable, Sendable {
    /// By column: 0 at the bottom, 1 at the top.
    package var places: [Double]
    /// From the best fifth, 0, to the worst, 4.
    package var fifth: Int
    package var title: String
    package var isBest: Bool

    package init(_ places: [Double], fifth: Int, title: String, isBest: Bool) {
      self.places = places
      self.fifth = fifth
      self.title = title
      self.isBest = isBest
    }
  }

  /// What kind of drawing it is.
  package enum Form: Hashable, Sendable {
    case plot(x: Axis, y: Axis, [Series])
    /// Parallel coordinates.
    case parallel([Column], [Thread])
  }

  /// What it shows, for those who cannot see it.
  package var title: String
  package var form: Form

  package init(_ title: String, _ form: Form) {
    self.title = title
    self.form = form
  }
}
