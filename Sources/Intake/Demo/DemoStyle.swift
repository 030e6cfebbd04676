/// The buyer's page's look.
enum DemoStyle {
  static let text = """
    :root { color-scheme: light dark; --page: #f4f6f8; --card: #fff; --ink: #15202b; --soft: #5a6877; --line: #c9d1d9;
      --good: #0b7a53; --bad: #b81f2b; --act: #1d5fd1; --on-act: #fff }
    @media (prefers-color-scheme: dark) {
      :root { --page: #0d1217; --card: #151c24; --ink: #e6ecf2; --soft: #92a1b1; --line: #34414e; --good: #3fcf99;
        --bad: #ff7a80; --act: #7fb0ff; --on-act: #0d1217 }
    }
    * { box-sizing: border-box }
    [hidden] { display: none !important }
    body { margin: 0; background: var(--page); color: var(--ink); font-variant-numeric: tabular-nums;
      font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif }
    header { padding: .7rem 1rem; border-bottom: 1px solid var(--line); background: var(--card) }
    main { display: grid; gap: 1rem; max-width: 640px; margin: 0 auto; padding: 1rem;
      grid-template-columns: minmax(0, 1fr) }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem }
    h1 { font-size: 1.5rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere }
    h2 { font-size: 1.1rem; margin: 0 }
    p { margin: .5rem 0 }
    .soft { color: var(--soft) }
    .small { font-size: .88rem }
    .good { color: var(--good) }
    .bad { color: var(--bad); font-weight: 600 }
    .big { font-size: 1.3rem; font-weight: 650 }
    .clock { font-size: 1.6rem }
    .fields { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; min-width: 0; max-width: 100% }
    input, select, button { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--soft);
      border-radius: 8px; padding: .45rem .8rem; min-height: 44px; min-width: 0; max-width: 100% }
    button { background: var(--act); color: var(--on-act); border-color: var(--act); font-weight: 600; cursor: pointer }
    button:disabled { opacity: .5; cursor: not-allowed }
    :focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
    ul { list-style: none; margin: .6rem 0 0; padding: 0; display: grid; gap: .5rem }
    #items li { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; justify-content: space-between }
    progress { width: 100%; height: 12px; accent-color: var(--act) }
    code { overflow-wrap: anywhere }

    """
}
