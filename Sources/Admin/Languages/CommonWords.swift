internal import Accounts

/// What stands on every page.
enum CommonWords: Message {
  case sales, approvals, log, users, account, signIn, signOut, signedInAs, language, skip, allSales, menu, none
  case openAccess, utc, page, orders, jobs, quarantine, audits

  var texts: (english: String, chinese: String) {
    switch self {
    case .sales: ("Sales", "活动")
    case .orders: ("Orders", "订单")
    case .jobs: ("Jobs", "批量任务")
    case .quarantine: ("Quarantine", "隔离区")
    case .audits: ("Audit", "审计")
    case .approvals: ("Approvals", "复核")
    case .log: ("Admin log", "操作日志")
    case .users: ("Users", "用户")
    case .account: ("My account", "我的账户")
    case .signIn: ("Sign in", "登录")
    case .signOut: ("Sign out", "退出")
    case .signedInAs: ("Signed in as {1}", "当前用户：{1}")
    case .language: ("Language", "语言")
    case .skip: ("Skip to the content", "跳到正文")
    case .allSales: ("all sales", "全部活动")
    case .menu: ("Main menu", "主菜单")
    case .none: ("none", "无")
    case .openAccess: ("Open to everyone on this machine", "对本机所有人开放")
    case .utc: ("UTC", "UTC")
    case .page: ("{1} · Penstock", "{1} · Penstock")
    }
  }
}

/// Rights and roles.
enum RightWords: Message {
  case view, operate, refund, export, unmask, readLog, manageUsers
  case viewer, operatorRole, finance, owner

  init(_ right: Right) {
    self =
      switch right {
      case .view: .view
      case .operate: .operate
      case .refund: .refund
      case .export: .export
      case .unmask: .unmask
      case .readLog: .readLog
      case .manageUsers: .manageUsers
      }
  }

  init(_ role: Role) {
    self =
      switch role {
      case .viewer: .viewer
      case .operator: .operatorRole
      case .finance: .finance
      case .owner: .owner
      }
  }

  var texts: (english: String, chinese: String) {
    switch self {
    case .view: ("view", "查看")
    case .operate: ("operate", "操作活动")
    case .refund: ("refund", "退款")
    case .export: ("export", "导出")
    case .unmask: ("unmask buyers", "查看完整买家编号")
    case .readLog: ("read the log", "查看日志")
    case .manageUsers: ("manage users", "管理用户")
    case .viewer: ("viewer", "查看者")
    case .operatorRole: ("operator", "运营")
    case .finance: ("finance", "财务")
    case .owner: ("owner", "所有者")
    }
  }
}
