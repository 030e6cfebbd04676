internal import Accounts

// What the codes of the admin log and of guarded commands mean. In English pages say the code itself.

extension LogAction: Message {
  var texts: (english: String, chinese: String) { (rawValue, chinese) }

  private var chinese: String {
    switch self {
    case .signIn: "登录"
    case .signInFailed: "登录失败"
    case .signOut: "退出登录"
    case .signOutEverywhere: "退出所有设备"
    case .passwordChanged: "修改密码"
    case .codesOn: "启用动态验证码"
    case .codesOff: "停用动态验证码"
    case .userAdded: "添加用户"
    case .userRole: "修改用户角色"
    case .userDisabled: "停用用户"
    case .userEnabled: "启用用户"
    case .userPassword: "重设用户密码"
    case .tokenAdded: "添加令牌"
    case .tokenRevoked: "撤销令牌"
    case .saleCreated: "创建活动"
    case .saleChanged: "修改活动"
    case .saleClosed: "关闭活动"
    case .stockRestocked: "补货"
    case .stockReduced: "减少库存"
    case .stockReopened: "重新开放库存"
    case .roomChanged: "修改等候室"
    case .orderCancelled: "取消订单"
    case .orderRefunded: "登记退款"
    case .orderExtended: "延长占用"
    case .orderReleased: "代买家放弃订单"
    case .buyersUnmasked: "查看完整买家"
    case .ordersExported: "导出订单"
    case .reportExported: "导出报告"
    case .jobStarted: "启动批量任务"
    case .jobStopped: "停止批量任务"
    case .jobExported: "导出批量任务结果"
    case .partitionResumed: "恢复分区"
    case .workerDrained: "清空 worker"
    case .recordRequeued: "记录重新入队"
    case .recordDismissed: "忽略记录"
    case .auditStarted: "启动审计"
    case .webhookAdded: "添加 webhook"
    case .webhookRemoved: "删除 webhook"
    case .webhookRotated: "轮换 webhook 密钥"
    case .webhookSwitched: "启停 webhook"
    case .webhookTested: "测试 webhook"
    case .webhookResent: "重发 webhook"
    case .logExported: "导出操作日志"
    case .approvalAsked: "申请复核"
    case .approvalGiven: "复核批准"
    case .approvalRefused: "复核拒绝"
    }
  }
}

extension GuardedCommand: Message {
  var texts: (english: String, chinese: String) { (rawValue, chinese) }

  private var chinese: String {
    switch self {
    case .close: "关闭活动"
    case .reduce: "减少库存"
    case .resume: "恢复分区"
    case .massCancel: "批量取消"
    case .massRefund: "批量退款"
    }
  }
}
