import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'

const STYLE = `
  body { margin: 0; padding: 24px; background: #fff; color: #1f2328; font: 14px/1.5 system-ui, sans-serif }
  article { border: 1px solid #d1d9e0; border-radius: 6px; padding: 16px; max-width: 820px }
  h2 { font-size: 21px; margin: 0 0 12px; padding-bottom: 6px; border-bottom: 1px solid #d1d9e0 }
  h3 { font-size: 17px; margin: 18px 0 8px }
  code { background: #eff1f3; padding: 2px 5px; border-radius: 6px; font: 12px ui-monospace, monospace }
  pre { background: #f6f8fa; padding: 12px; border-radius: 6px; line-height: 1.45 }
  pre code { background: none; padding: 0 }
  ins, del, b.changed, i { text-decoration: none; display: block; font-style: normal; font-weight: normal }
  ins { background: #dafbe1; color: #116329 } del { background: #ffebe9; color: #82071e } b.changed { color: #953800 } i { color: #59636e }
  table { border-collapse: collapse; margin: 12px 0 } th, td { border: 1px solid #d1d9e0; padding: 5px 12px }
  blockquote { margin: 12px 0; padding: 4px 14px; border-left: 4px solid #d1d9e0; color: #1f2328 }
  blockquote.warning { border-color: #9a6700 } blockquote.note { border-color: #0969da } blockquote.caution { border-color: #cf222e }
  blockquote ul { padding-left: 18px; margin: 6px 0 } summary { font-weight: 600; margin: 6px 0 }`

/** An HTML page that shows a plan like a comment on a pull request. */
export function commentPage(markdown: string): string {
  const html = micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })
    .replace(/<blockquote>\s*<p>\[!(\w+)\]/g, (_, kind: string) => `<blockquote class="${kind.toLowerCase()}"><p>`)
    .replace(/<code class="language-diff">([\s\S]*?)<\/code>/g, (_, lines: string) => `<code>${coloured(lines)}</code>`)
  return `<!doctype html><meta charset="utf-8"><title>A plan</title><style>${STYLE}</style><article>${html}</article>`
}

/** Colors a `diff` block like GitHub. */
function coloured(lines: string): string {
  const elements: Record<string, string> = { '+': 'ins', '-': 'del', '!': 'b class="changed"', '#': 'i' }
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => {
      const element = elements[line[0] ?? '']
      return element === undefined ? `${line}\n` : `<${element}>${line}</${element.split(' ')[0]}>`
    })
    .join('')
}
