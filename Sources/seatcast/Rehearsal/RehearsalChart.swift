// Bookings per second over the time of a rush: as a curve of block characters, and as an SVG picture, which also has the
// seats that were left. Pure.

struct RehearsalChart: Sendable {
  /// Bookings in each slot of time.
  let slots: [Int]
  let slotSeconds: Double
  let seats: Int
  let quantity: Int

  /// - Parameters:
  ///   - times: of the bookings, in microseconds.
  ///   - width: how many slots at most; the shortest is a hundredth of a second.
  init(bookedAt times: [Int64], seats: Int, quantity: Int, width: Int) {
    (self.seats, self.quantity) = (seats, quantity)
    guard let first = times.min(), let last = times.max() else {
      (slots, slotSeconds) = ([], 0)
      return
    }
    let span = max(last - first + 1, 1)
    let length = max(10_000, (span + Int64(width) - 1) / Int64(width))
    var slots = [Int](repeating: 0, count: Int((span + length - 1) / length))
    for time in times { slots[Int((time - first) / length)] += 1 }
    (self.slots, slotSeconds) = (slots, Double(length) / 1_000_000)
  }

  private var rates: [Double] { slots.map { Double($0) / slotSeconds } }

  // MARK: On a terminal

  private static let blocks = Array(" ▁▂▃▄▅▆▇█")

  /// The curve, `height` lines high, with its scale; empty without bookings.
  func text(height: Int = 6) -> String {
    guard let greatest = rates.max(), greatest > 0 else { return "" }
    let eighths = rates.map { Int(($0 / greatest * Double(8 * height)).rounded()) }
    let lines = (0..<height).reversed().map { row -> String in
      let curve = String(eighths.map { Self.blocks[min(8, max(0, $0 - 8 * row))] })
      let scale = row == height - 1 ? Numbers.fixed(greatest, digits: 0) + "/s" : row == 0 ? "0/s" : ""
      return scale.aligned(10) + " │" + curve
    }
    let seconds = Numbers.fixed(Double(slots.count) * slotSeconds, digits: 2) + " s"
    return lines.joined(separator: "\n") + "\n" + "".padded(11) + "└"
      + String(repeating: "─", count: slots.count)
      + "\n" + "".padded(12) + "0" + seconds.aligned(max(seconds.count + 1, slots.count - 1)) + "\n"
  }

  // MARK: As a picture

  private static let (width, height) = (720.0, 320.0)
  private static let (left, right, top, bottom) = (70.0, 60.0, 44.0, 40.0)

  /// An SVG document with both curves and their scales.
  func svg(title: String) -> String {
    let (rates, greatest) = (rates, max(rates.max() ?? 0, 1))
    let plotWidth = Self.width - Self.left - Self.right
    let plotHeight = Self.height - Self.top - Self.bottom
    let step = plotWidth / Double(max(slots.count, 1))
    func point(_ x: Double, _ part: Double) -> String {
      Numbers.fixed(Self.left + x, digits: 1) + ","
        + Numbers.fixed(Self.top + plotHeight * (1 - part), digits: 1)
    }
    let bars = rates.enumerated().map { index, rate in
      let (x, part) = (Double(index) * step, rate / greatest)
      return point(x, part) + " " + point(x + step, part)
    }.joined(separator: " ")
    var remaining = seats
    let left =
      [point(0, 1)]
      + slots.enumerated().map { index, count in
        remaining = max(0, remaining - count * quantity)
        return point(Double(index + 1) * step, Double(remaining) / Double(max(seats, 1)))
      }
    let seconds = Numbers.fixed(Double(slots.count) * slotSeconds, digits: 2)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
      font-family="system-ui, sans-serif" font-size="12">
      <title>\(Self.escaped(title))</title>
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="\(Int(Self.left))" y="24" font-size="15" font-weight="bold">\(Self.escaped(title))</text>
      <polygon points="\(point(0, 0)) \(bars) \(point(plotWidth, 0))" fill="#bfd7ff"/>
      <polyline points="\(bars)" fill="none" stroke="#1b5fd0" stroke-width="1.5"/>
      <polyline points="\(left.joined(separator: " "))" fill="none" stroke="#c2410c" stroke-width="1.5" \
      stroke-dasharray="5 3"/>
      <polyline points="\(point(0, 1)) \(point(0, 0)) \(point(plotWidth, 0)) \(point(plotWidth, 1))" fill="none" \
      stroke="#555"/>
      <g fill="#1b5fd0" text-anchor="end">
      <text x="\(Int(Self.left) - 6)" y="\(Int(Self.top) + 10)">\(Numbers.fixed(greatest, digits: 0))/s</text>
      <text x="\(Int(Self.left) - 6)" y="\(Int(Self.height - Self.bottom))">0</text>
      </g>
      <g fill="#c2410c">
      <text x="\(Int(Self.width - Self.right) + 6)" y="\(Int(Self.top) + 10)">\(seats)</text>
      <text x="\(Int(Self.width - Self.right) + 6)" y="\(Int(Self.height - Self.bottom))">0</text>
      </g>
      <g fill="#555">
      <text x="\(Int(Self.left))" y="\(Int(Self.height) - 22)">0 s</text>
      <text x="\(Int(Self.width - Self.right))" y="\(Int(Self.height) - 22)" text-anchor="end">\(seconds) s</text>
      <text x="\(Int(Self.width / 2))" y="\(Int(Self.height) - 8)" text-anchor="middle">bookings per second \
      (blue), seats left (orange)</text>
      </g>
      </svg>

      """
  }

  private static func escaped(_ text: String) -> String {
    String(text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined())
  }
}
