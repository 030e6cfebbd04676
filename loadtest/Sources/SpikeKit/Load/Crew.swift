internal import NIOCore

/// The workers of a run: a generator on each event loop, and a watcher.
struct Crew {
  let generators: [OnLoop<Generator>]
  /// `nil` if there is nothing to watch: nothing is followed, or the sale is too large to read meanwhile.
  let watcher: OnLoop<Watcher>?
  /// When the schedule begins.
  let start: NIODeadline
  /// Units on sale, of all SKUs together. `nil` where the server was not asked.
  let stock: Int?

  init(
    _ settings: Settings, _ plan: Plan, _ stripes: [OnLoop<Stripe>], ledger: Ledger?, address: SocketAddress,
    start: NIODeadline, sale: Sale?
  ) throws {
    let count = stripes.count
    let generators = try stripes.enumerated().map { index, stripe in
      try stripe.beside {
        Generator(
          stripe: $0, plan: plan, cursor: plan.schedule.cursor(first: index, stride: count), start: start,
          ledger: ledger)
      }
    }
    self.generators = generators
    self.start = start
    stock = sale.map { $0.items.reduce(0) { $0 + $1.stock } }
    let canWatch = settings.isFollowed && (sale.map { $0.items.count <= Limits.watchedSkus } ?? false)
    watcher =
      try canWatch
      ? generators.first?.beside {
        Watcher(settings, plan: plan, generator: $0, address: address, start: start)
      } : nil
  }
}
