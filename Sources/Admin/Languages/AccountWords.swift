/// Sign-in, and a person's own account.
enum AccountWords: Message {
  case title, name, password, code, codeHint, submit, refused, locked, busy, needsTLS, noUsers
  case account, role, rights, sessions, address, signedInAt, lastUsed, thisOne, signOutEverywhere
  case changePassword, oldPassword, newPassword, passwordHint, wrongPassword, change
  case codes, codesOn, codesOff, codesWords, codesLink, turnOn, turnOff, wrongPasswordOrCode

  var texts: (english: String, chinese: String) {
    switch self {
    case .title: ("Sign in", "登录")
    case .name: ("Name", "用户名")
    case .password: ("Password", "密码")
    case .code: ("Code", "动态码")
    case .codeHint: ("Six digits of your authenticator app, if you have set it up", "如已启用身份验证器，请输入六位数字")
    case .submit: ("Sign in", "登录")
    case .refused: ("Name, password or code is wrong.", "用户名、密码或动态码不正确。")
    case .locked: ("Too many failed sign-ins. Try again in {1} s.", "登录失败次数过多，请在 {1} 秒后重试。")
    case .busy: ("Many sign in at the moment. Try again soon.", "当前登录人数较多，请稍后再试。")
    case .needsTLS:
      (
        "A sign-in from another machine needs TLS. Put a proxy with TLS in front, and ask for https.",
        "从其他机器登录必须使用 TLS：请在前面部署支持 TLS 的代理，并用 https 访问。"
      )
    case .noUsers:
      ("There is no user yet. Add one with: {1}", "还没有用户。请用此命令添加：{1}")
    case .account: ("My account", "我的账户")
    case .role: ("Role", "角色")
    case .rights: ("Rights", "权限")
    case .sessions: ("Sessions", "会话")
    case .address: ("Address", "地址")
    case .signedInAt: ("Signed in at", "登录时间")
    case .lastUsed: ("Last used", "最近使用")
    case .thisOne: ("this one", "当前会话")
    case .signOutEverywhere: ("Sign out everywhere", "退出所有会话")
    case .changePassword: ("Change the password", "修改密码")
    case .oldPassword: ("Present password", "当前密码")
    case .newPassword: ("New password", "新密码")
    case .passwordHint: ("12 to 256 bytes, without your name", "12 到 256 字节，不得包含用户名")
    case .wrongPassword: ("The present password is wrong.", "当前密码不正确。")
    case .change: ("Change", "修改")
    case .codes: ("Codes of an app", "身份验证器")
    case .codesOn: ("A sign-in asks for a code of your app.", "登录时需要身份验证器的动态码。")
    case .codesOff: ("The password is enough to sign in.", "目前仅凭密码即可登录。")
    case .codesWords: ("Type this key into your app", "请在应用中输入此密钥")
    case .codesLink: ("or open it in your app", "或直接在应用中打开")
    case .turnOn: ("Turn codes on", "启用动态码")
    case .turnOff: ("Turn codes off", "停用动态码")
    case .wrongPasswordOrCode:
      ("The password or the code is wrong. Is your device's clock right?", "密码或动态码不正确，请检查设备时间。")
    }
  }
}
