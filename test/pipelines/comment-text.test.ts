import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { composeComment, isCommentKey, mapProse, markerOf } from '../../src/pipelines/comment-text.ts'

const FOOTER = '<sub>from here</sub>'
const REST = '**More elsewhere.**'

const compose = (text: string, room: number) =>
  composeComment({ key: 'staging', text, footer: FOOTER, rest: REST }, room)

test('a text that fits is whole, between the marker and the footer', () => {
  expect(compose('## Plan\n\nNothing to do.\n', 1000)).toBe(
    `<!-- workos-migrate plan: staging -->\n## Plan\n\nNothing to do.\n\n${FOOTER}\n`,
  )
})

describe('a text that is too long', () => {
  test('ends with a whole line, and says where the rest is', () => {
    const text = Array.from({ length: 100 }, (_, number) => `- line ${number}`).join('\n')
    const comment = compose(text, 400)
    expect(comment.length).toBeLessThanOrEqual(400)
    expect(comment.length).toBeGreaterThan(350)
    expect(comment).toContain(`\n\n${REST}`)
    expect(comment.endsWith(`${FOOTER}\n`)).toBe(true)
    for (const line of comment.split('\n').filter((one) => one.startsWith('- ')))
      expect(text.split('\n')).toContain(line)
  })

  test('closes the block of code and the folded parts that it ends in', () => {
    const rows = Array.from({ length: 50 }, (_, number) => `+ user:u${number} <details>`)
    const text = ['<details><summary>Users</summary>', '', '````diff', '```', ...rows, '````', '', '</details>'].join(
      '\n',
    )
    const comment = compose(text, 500)
    expect(comment.length).toBeLessThanOrEqual(500)
    const [, below = ''] = comment.split(/\n(?=````\n\n<\/details>)/)
    expect(below).toBe(`\`\`\`\`\n\n</details>\n\n${REST}\n\n${FOOTER}\n`)
  })

  test('of one line gives way to what is said of it', () => {
    const comment = compose('x'.repeat(1000), 300)
    expect(comment).toBe(`${markerOf('staging')}\n${REST}\n\n${FOOTER}\n`)
  })
})

test('no comment is longer than its room, and what is opened in it is closed', () => {
  const line = fc.constantFrom(
    '<details>',
    '</details>',
    '```diff',
    '```',
    '````',
    '~~~',
    'text',
    '',
    '- a longer line of text',
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 80 }), fc.integer({ min: 200, max: 900 }), (lines, room) => {
      const comment = compose(lines.join('\n'), room)
      expect(comment.length).toBeLessThanOrEqual(room)
      expect(comment.startsWith(`${markerOf('staging')}\n`)).toBe(true)
      if (!comment.includes(REST)) return
      // What is said of the rest is prose: neither code nor folded.
      const seen: string[] = []
      mapProse(comment, (prose) => {
        seen.push(prose)
        return prose
      })
      expect(seen).toContain(REST)
    }),
  )
})

test.each([
  ['staging', true],
  ['acme production', true],
  ['eu-west_1.prod', true],
  ['', false],
  ['a --> b', false],
  ['two\nlines', false],
])('%j may be a key: %s', (key, may) => {
  expect(isCommentKey(key)).toBe(may)
})

test('lines in blocks of code are no prose', () => {
  const upper = (text: string) => mapProse(text, (line) => line.toUpperCase())
  expect(upper('a\n```diff\nb\n~~~\n```\nc')).toBe('A\n```diff\nb\n~~~\n```\nC')
  expect(upper('````\na\n```\nb\n````\nc')).toBe('````\na\n```\nb\n````\nC')
})
