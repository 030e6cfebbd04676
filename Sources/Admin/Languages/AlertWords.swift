/// What the live page says needs a person: what is wrong, why, and what to do about it.
enum AlertWords: Message {
  case storeAway, storeAwayCause, storeAwayRemedy, logAway, logAwayCause, logAwayRemedy
  case halted, haltedCause, haltedRemedy, unowned, unownedCause, unownedRemedy
  case stale, staleCause, staleRemedy, commitWaits, commitWaitsCause, commitWaitsRemedy
  case hot, hotCause, hotCauseWithTime, hotRemedy, allHeld, allHeldMore, allHeldCause, allHeldRemedy
  case roomPaused, roomPausedCause, roomPausedRemedy, quarantined, quarantinedCause, quarantinedRemedy
  case deadLetters, deadLettersCause, deadLettersRemedy, endpointsFail, endpointsFailCause, endpointsFailRemedy

  var texts: (english: String, chinese: String) {
    switch self {
    case .storeAway, .storeAwayCause, .storeAwayRemedy, .logAway, .logAwayCause, .logAwayRemedy: away
    case .halted, .haltedCause, .haltedRemedy, .unowned, .unownedCause, .unownedRemedy: ownerless
    case .stale, .staleCause, .staleRemedy, .commitWaits, .commitWaitsCause, .commitWaitsRemedy: standing
    case .hot, .hotCause, .hotCauseWithTime, .hotRemedy, .allHeld, .allHeldMore, .allHeldCause, .allHeldRemedy: crowd
    case .roomPaused, .roomPausedCause, .roomPausedRemedy, .quarantined, .quarantinedCause, .quarantinedRemedy: kept
    case .deadLetters, .deadLettersCause, .deadLettersRemedy, .endpointsFail, .endpointsFailCause,
      .endpointsFailRemedy:
      webhooks
    }
  }

  private var away: (String, String) {
    switch self {
    case .storeAway: ("PostgreSQL does not answer.", "PostgreSQL 无应答。")
    case .storeAwayCause:
      (
        "It was heard {1} ago; orders are accepted up to the backlog limit meanwhile.",
        "上次应答在 {1} 前；在此期间，积压未达上限时仍受理订单。"
      )
    case .storeAwayRemedy:
      (
        "Look at the database server and the network; lanes go on by themselves once it answers.",
        "请检查数据库服务器和网络；恢复应答后，裁决会自动继续。"
      )
    case .logAway: ("The brokers do not answer.", "Kafka broker 无应答。")
    case .logAwayCause:
      (
        "The log's ends are not known for {1}, so neither is the backlog.", "已 {1} 无法得知日志末端，因此积压未知。"
      )
    default:
      (
        "Look at the Kafka cluster; buyers hear 503 until it takes records again.",
        "请检查 Kafka 集群；恢复写入前，买家会收到 503。"
      )
    }
  }

  private var ownerless: (String, String) {
    switch self {
    case .halted: ("Partition {1} is halted.", "分区 {1} 已停止。")
    case .haltedCause: ("{1}. Nobody decides its orders.", "{1}。其订单无人裁决。")
    case .haltedRemedy:
      (
        "Read the runbook, find out which log is right, then run: penstock lanes resume {1} --because …",
        "请按运维手册确认哪份日志正确，然后执行：penstock lanes resume {1} --because …"
      )
    case .unowned: ("Nobody works on partition {1}.", "分区 {1} 无人处理。")
    case .unownedCause:
      ("{1} records wait, and no worker that lives has it.", "有 {1} 条记录等待，且没有存活的 worker 持有它。")
    default:
      (
        "Start a worker, or look why none claims it: penstock lanes list.",
        "请启动 worker，或查明为何无人认领：penstock lanes list。"
      )
    }
  }

  private var standing: (String, String) {
    switch self {
    case .stale: ("The line of partition {1} stands.", "分区 {1} 的队列停滞。")
    case .staleCause:
      (
        "Nothing was decided for {1} although records wait; stock and places that buyers see are as old.",
        "有记录等待，但已 {1} 没有裁决；买家看到的库存和排队位置停留在当时。"
      )
    case .staleRemedy:
      (
        "Look at its worker's log and at /readyz; a slow database is the usual cause.",
        "请查看其 worker 的日志和 /readyz；常见原因是数据库缓慢。"
      )
    case .commitWaits: ("A commit has waited for {1}.", "有一次提交已等待 {1}。")
    case .commitWaitsCause:
      (
        "PostgreSQL has not confirmed it: a standby that must confirm is away, or its disk is slow.",
        "PostgreSQL 尚未确认：须确认的备库不可用，或其磁盘缓慢。"
      )
    default:
      (
        "Bring the standby back, or change synchronous_standby_names; nothing is lost meanwhile.",
        "请恢复备库，或修改 synchronous_standby_names；期间不会丢失数据。"
      )
    }
  }

  private var crowd: (String, String) {
    switch self {
    case .hot: ("Partition {1} is hot.", "分区 {1} 过热。")
    case .hotCause: ("It has {1} % of what waits.", "等待记录的 {1} % 在该分区。")
    case .hotCauseWithTime:
      ("It has {1} % of what waits, and takes {2} to decide it.", "等待记录的 {1} % 在该分区，裁决完需 {2}。")
    case .hotRemedy:
      (
        "One item draws the crowd; its line is decided in order. A line limit or a waiting room shortens it.",
        "某一商品过于集中，其队列按序裁决；可用排队上限或等候室缩短队列。"
      )
    case .allHeld: ("All that is left is held: {1}.", "剩余库存全部被占用：{1}。")
    case .allHeldMore: ("All that is left is held: {1} and {2} more.", "剩余库存全部被占用：{1} 等另外 {2} 个。")
    case .allHeldCause:
      ("Buyers hear all_held until holds are paid or run out.", "在占用付款或到期之前，买家会收到 all_held。")
    default: ("Wait for the holds to end, or restock.", "请等待占用结束，或补货。")
    }
  }

  private var kept: (String, String) {
    switch self {
    case .roomPaused: ("The waiting room is paused.", "等候室已暂停。")
    case .roomPausedCause: ("{1} wait, and nobody is let in.", "{1} 人等候，暂不放行。")
    case .roomPausedRemedy: ("Let it go on: penstock room resume.", "请恢复放行：penstock room resume。")
    case .quarantined: ("{1} records are quarantined.", "{1} 条记录被隔离。")
    case .quarantinedCause: ("They could not be decided, and are stored whole.", "这些记录无法裁决，已完整保存。")
    default:
      (
        "Open Quarantine, and requeue or dismiss them: their buyers have no outcome but this.",
        "请打开“隔离区”，重新入队或忽略；这些买家没有其他结果。"
      )
    }
  }

  private var webhooks: (String, String) {
    switch self {
    case .deadLetters: ("{1} webhooks were given up.", "{1} 条 webhook 已放弃投递。")
    case .deadLettersCause: ("Their endpoint did not take them within a day.", "其端点一天内未能接收。")
    case .deadLettersRemedy:
      ("Mend the endpoint, then run: penstock webhook resend.", "请修复端点，然后执行：penstock webhook resend。")
    case .endpointsFail:
      ("{1} webhook endpoints fail.", "{1} 个 webhook 端点投递失败。")
    case .endpointsFailCause: ("The shop does not hear of orders there.", "商店无法从这些端点得知订单。")
    default: ("Look at penstock webhook list.", "请查看 penstock webhook list。")
    }
  }
}
