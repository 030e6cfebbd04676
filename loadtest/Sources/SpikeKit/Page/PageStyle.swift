/// How a page looks, by day and by night.
enum PageStyle {
  static let css = """
    :root{color-scheme:light dark;--paper:#fff;--card:#f7f8fa;--ink:#16191d;--soft:#5c6570;--rule:#dfe3e8;
    --c1:#2563eb;--c2:#0b8f63;--c3:#d97706;--c4:#dc2626;--c5:#7c3aed;--c6:#0891b2;--c7:#be185d;--c8:#8a94a0}
    @media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2024;--ink:#e8ebee;--soft:#9aa5b0;--rule:#31373d;
    --c1:#6ea2ff;--c2:#3ecf9a;--c3:#f5a742;--c4:#ff7070;--c5:#b392ff;--c6:#4cc9e4;--c7:#f472b6;--c8:#7d8894}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:1400px;padding:24px;background:var(--paper);color:var(--ink);
    font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    header{display:flex;gap:16px;align-items:center;flex-wrap:wrap}
    h1{font-size:24px;margin:0}h1 small{font-weight:400;color:var(--soft)}h2{font-size:15px;margin:0}
    p{color:var(--soft);margin:4px 0 12px}
    .verdict{padding:2px 12px;border-radius:99px;border:1px solid;font-weight:600}
    .good{color:var(--c2)}.bad{color:var(--c4)}.open{color:var(--c3)}
    .warning{border-left:4px solid var(--c3);background:var(--card);color:var(--ink);padding:8px 12px}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}
    .tiles div,figure,.table{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px 14px}
    .tiles span{display:block;color:var(--soft);font-size:13px;min-height:20px}
    .tiles b{font-size:22px;font-variant-numeric:tabular-nums}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(560px,100%),1fr));gap:16px;margin:16px 0}
    .tables{columns:2 560px;column-gap:16px}.table{break-inside:avoid;margin-bottom:16px}
    figure{margin:0}figure p{margin:0;font-size:13px}
    .legend{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:13px;margin:6px 0}
    .legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:5px;vertical-align:-1px;
    background:currentColor}
    .legend span{white-space:nowrap}
    svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:12px}
    .grid{stroke:var(--rule);fill:none}
    .line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .area{fill:currentColor;stroke:none;opacity:.85}
    .hint{fill:transparent}.hint:hover{fill:var(--soft);fill-opacity:.18}
    .c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}
    .c6{color:var(--c6)}.c7{color:var(--c7)}.c8{color:var(--c8)}.none{padding:40px 0;text-align:center}
    .table{overflow-x:auto}table{border-collapse:collapse;width:100%;margin-top:6px;font-size:14px}
    th,td{text-align:left;padding:4px 8px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top}
    th{color:var(--soft);font-weight:500}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    tr:last-child td{border-bottom:0}
    """
}
