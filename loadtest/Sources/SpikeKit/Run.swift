internal import Dispatch
internal import NIOCore
internal import NIOPosix
internal import Writing

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One run, from reading the sale to the verdict. It is driven by the main thread, which waits and draws; the work is
/// on the event loops.
struct Run {
  private let settings: Settings
  private let progress: Progress

  init(_ settings: Settings, progress: Progress = Progress()) {
    self.settings = settings
    self.progress = progress
  }

  /// Runs, and reports the result to each output that was asked for.
  ///
  /// - Throws: ``Unusable`` when the run, or writing down what it found, was not possible.
  func perform() throws -> Verdict.Outcome {
    let report = try measure()
    progress.say(report.text())
    if let path = settings.json { try ResultFile(report).write(path) }
    if let path = settings.html { try Page(report).write(path) }
    return report.judgement?.verdict.outcome ?? .held
  }

  /// Runs.
  func measure() throws -> Report {
    try allowFiles(settings.connections)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.eventLoops)
    defer { try? group.syncShutdownGracefully() }
    let address = try resolve()
    let before = settings.skus.isEmpty ? try readSale(address, group.next()) : nil
    let plan = try settings.plan(skus: before?.items.map(\.sku) ?? settings.skus)
    let ledger = try settings.ledger.map { path throws(Unusable) in try Ledger(path: path) }

    let stripes = try openConnections(address, Array(group.makeIterator()))
    defer { for stripe in stripes { try? stripe.ask { $0.close() } } }
    progress.say(Report.opening(settings, plan, before))
    // A moment ahead, so that all event loops begin together.
    let start = NIODeadline.now() + .milliseconds(20)
    let crew = try Crew(settings, plan, stripes, ledger: ledger, address: address, start: start, sale: before)
    defer { crew.watcher?.tell { $0.end() } }
    let load = try drive(crew, plan)
    try ledger?.close()
    if load.tries == 0, load.connections.failures > 0 {
      throw Unusable(
        "cannot connect to \(settings.target.authority): \(grouped(load.connections.failures)) attempts failed")
    }
    guard load.tally.kinds.contains(where: { $0.status > 0 }) else {
      throw Unusable("not one of \(grouped(load.sent)) requests was answered")
    }
    var judgement: Judgement?
    if let before, settings.isFollowed {
      var (follow, receipts) = try follow(crew, stripes, plan)
      follow.decisions.merge(load.lives.decisions)
      let evidence = Evidence(before: before, mix: plan.mix, load: load, follow: follow, receipts: receipts)
      let units = Units(evidence)
      let after = settle(units, address, group.next())
      let figures = load.figures(plan.mix.crowd, units)
      let promised = settings.isAlone ? [] : settings.promise?.checks(figures, load.room, control: settings.control)
      let verdict = Verdict(
        evidence, units: units, after: after, room: load.room,
        more: load.lives.checks(isJudged: settings.payments != nil) + (promised ?? []))
      judgement = Judgement(follow: follow, evidence: evidence, units: units, after: after, verdict: verdict)
    }
    return Report(
      settings: settings, epoch: plan.epoch, start: start, load: load,
      leftBySlot: try crew.watcher?.ask { $0.sight.leftBySlot } ?? [], judgement: judgement)
  }

  // MARK: Before

  /// Raises the soft limit of open files, which is often 1,024, as far as needed.
  private func allowFiles(_ connections: Int) throws(Unusable) {
    // Beside the connections: files, event loops, standard streams.
    let needed = rlim_t(connections + 64)
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < needed else { return }
    guard limit.rlim_max >= needed else {
      throw Unusable("\(connections) connections need \(needed) open files, the system allows \(limit.rlim_max)")
    }
    limit.rlim_cur = needed
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw Unusable("cannot raise the number of open files to \(needed)")
    }
  }

  private func resolve() throws(Unusable) -> SocketAddress {
    do {
      return try SocketAddress.makeAddressResolvingHost(settings.target.host, port: settings.target.port)
    } catch {
      throw Unusable("cannot find the host \(settings.target.host)")
    }
  }

  private func readSale(_ address: SocketAddress, _ loop: any EventLoop) throws -> Sale {
    try SaleReader.read(
      settings.sale, target: settings.target, address: address, loop: loop, timeout: settings.timeout
    ).wait()
  }

  private func openConnections(
    _ address: SocketAddress, _ loops: [any EventLoop]
  ) throws -> [OnLoop<Stripe>] {
    let (pools, timeout) = (settings.pools, settings.timeout)
    let all = pools.reduce(0, +)
    let stripes = try loops.enumerated().map { index, loop in
      let share = pools.map { $0 / loops.count + (index < $0 % loops.count ? 1 : 0) }
      return try OnLoop(loop) { Stripe(loop: loop, address: address, pools: share, timeout: timeout) }
    }
    if settings.connect == .during { return stripes }
    let open = try stripes.map { $0.begin { $0.openAll() } }.map { try $0.wait() }.reduce(0, +)
    guard open > 0 else { throw Unusable("cannot connect to \(settings.target.authority)") }
    if open < all { progress.say("only \(grouped(open)) of \(grouped(all)) connections opened at first\n") }
    return stripes
  }

  // MARK: The run

  private func drive(_ crew: Crew, _ plan: Plan) throws -> LoadResult {
    let generators = crew.generators
    let interrupt = Interrupt {
      for generator in generators { generator.tell { $0.stop() } }
    }
    defer { interrupt.cancel() }
    let opensNow = settings.connect == .during
    let running = generators.map { $0.begin { $0.run(opensConnections: opensNow) } }
    crew.watcher?.tell { $0.begin() }
    var dashboard = Dashboard(settings: settings, start: crew.start, stock: crew.stock)
    try progress.watch(running) {
      let parts = try generators.map { try $0.ask { LoadReading($0) } }
      let sight = try crew.watcher?.ask { $0.sight }
      return dashboard.next(LoadReading(merging: parts), sight, at: .now())
    }
    return LoadResult(plan, merging: try generators.map { try $0.ask { $0.result } })
  }

  private func follow(
    _ crew: Crew, _ stripes: [OnLoop<Stripe>], _ plan: Plan
  ) throws -> (FollowResult, [Receipts]) {
    let deadline = NIODeadline.now() + settings.followTimeout
    let promised = try crew.generators.map { try $0.ask { $0.receipts } }
    let clock = SlotClock(
      start: plan.epoch.microseconds(at: crew.start), timeline: Timeline(duration: plan.schedule.duration))
    let followers = try zip(stripes, promised).map { stripe, receipts in
      try stripe.beside { Follower(stripe: $0, plan: plan, receipts: receipts, clock: clock, deadline: deadline) }
    }
    let all = promised.reduce(0) { $0 + $1.all.count }
    let running = followers.map { $0.begin { $0.run() } }
    try progress.watch(running) {
      let settled = try followers.map { try $0.ask { $0.receipts.settled } }.reduce(0, +)
      let left = try crew.watcher?.ask { $0.sight.left }.map { ", \(grouped($0)) units left" } ?? ""
      return Frame("following: \(grouped(settled)) of \(grouped(all)) answers followed to their outcome\(left)")
    }
    let result = FollowResult(merging: try followers.map { try $0.ask { $0.result } })
    return (result, try followers.map { try $0.ask { $0.receipts } })
  }

  // MARK: After

  /// Reads the sale until what is left agrees with the outcomes, for `Limits.settleWithin` at most: it is spread by
  /// signals.
  private func settle(_ units: Units, _ address: SocketAddress, _ loop: any EventLoop) -> Sale? {
    let deadline = NIODeadline.now() + Limits.settleWithin
    var after: Sale?
    repeat {
      after = (try? readSale(address, loop)) ?? after
      if let after, units.mismatches(after: after).isEmpty { return after }
      usleep(Limits.settlePauseMicroseconds)
    } while NIODeadline.now() < deadline
    return after
  }
}
