import type { Plan } from '../../src/planning/plan.ts'
import { renderPlanMarkdown } from '../../src/reporting/markdown/plan-markdown.ts'
import { renderPlanText } from '../../src/reporting/plan.ts'
import { planJson } from '../../src/reporting/plan-documents.ts'
import { painter } from '../../src/reporting/style.ts'

function collected(render: (write: (text: string) => void) => void): string {
  let text = ''
  render((piece) => {
    text += piece
  })
  return text
}

export function asText(plan: Plan, { full = false, color = false } = {}): string {
  return collected((write) => renderPlanText(plan, { paint: painter(color), full, write, now: 0 }))
}

export function asMarkdown(plan: Plan): string {
  return collected((write) => renderPlanMarkdown(plan, write))
}

export function asJson(plan: Plan) {
  return JSON.parse([...planJson(plan)].join(''))
}

/** Values that would be harmful in a terminal, in Markdown or in HTML. */
export const HOSTILE = [
  'Ada\x1b[2J\x1b]0;owned\x07',
  'line\nbreak\r\n## heading',
  '<img src=x onerror=alert(1)>',
  '</details><script>alert(1)</script>',
  '**bold** _it_ `code` ~~no~~',
  '[click](https://evil.example) ![x](https://evil.example/x.png)',
  'a | b | c',
  '@everyone #1 other/repository#2 GH-3 group/project!4 !5 https://evil.example',
  '&lt;b&gt; &#96;',
  '\u202egnp.exe \u200b\u0085',
]
