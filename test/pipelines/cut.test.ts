import { describe, expect, test } from 'vitest'
import { COMMENT, cutMarkdown, mapProse, SUMMARY } from '../../src/pipelines/cut.ts'

const lines = (count: number, text = 'a line of a plan') => `${text}\n`.repeat(count)
const room = (limit: number) => ({ ...COMMENT, limit })

describe('Markdown that is too long', () => {
  test('stays the same up to the exact limit', () => {
    const text = 'a'.repeat(COMMENT.limit)
    expect(cutMarkdown(text, COMMENT, 'cut')).toBe(text)
    expect(cutMarkdown('', COMMENT, 'cut')).toBe('')
    expect(cutMarkdown(`${text}b`, COMMENT, 'cut')).not.toContain('b')
  })

  test('is cut at the end of a line, with a note, and fits', () => {
    const cut = cutMarkdown(lines(10_000), COMMENT, 'the rest is elsewhere')
    expect(cut.length).toBeLessThanOrEqual(COMMENT.limit)
    expect(cut.length).toBeGreaterThan(COMMENT.limit - 100)
    expect(cut).toMatch(/a line of a plan\n\nthe rest is elsewhere\n$/)
  })

  test.each([
    ['a fence', '```diff\n', '```\n'],
    ['a longer fence', '````diff\n```\n', '````\n'],
    ['details', '<details><summary>Fields</summary>\n\n', '\n</details>\n'],
    ['a fence in details', '<details><summary>Fields</summary>\n\n```diff\n', '```\n\n</details>\n'],
    ['details in a fence, which are text', '```\n<details>\n', '```\n'],
    ['details that data claim to close', '<details><summary>Users</summary>\n\n- `</details>`\n', '\n</details>\n'],
    ['none that data claim to open', '- `<details>`\n', ''],
    ['what was closed before', '<details>\n</details>\n```\n```\n', ''],
  ])('closes %s', (_what, begin, end) => {
    const cut = cutMarkdown(begin + lines(100), room(500), 'note')
    expect(cut.length).toBeLessThanOrEqual(500)
    expect(cut.startsWith(begin)).toBe(true)
    expect(cut.endsWith(`a line of a plan\n${end}\nnote\n`)).toBe(true)
  })

  test('fits at every cut', () => {
    const text = `<details>\n\n\`\`\`\n${lines(5)}\`\`\`\n\n</details>\n<details>\n${lines(5)}</details>\n`
    for (let limit = 30; limit < text.length; limit += 1) {
      expect(cutMarkdown(text, room(limit), 'note').length, String(limit)).toBeLessThanOrEqual(limit)
    }
  })

  test('is counted in bytes for the summary of a job', () => {
    const cut = cutMarkdown(lines(100_000, 'Grüße an Łucja'), SUMMARY, 'note')
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(1024 * 1024)
    expect(Buffer.byteLength(cut)).toBeGreaterThan(1024 * 1024 - 100)
  })
})

test('lines in code blocks are not prose', () => {
  const upper = (text: string) => mapProse(text, (line) => line.toUpperCase())
  expect(upper('a\n```diff\nb\n~~~\n```\nc')).toBe('A\n```diff\nb\n~~~\n```\nC')
  expect(upper('````\na\n```\nb\n````\nc\n')).toBe('````\na\n```\nb\n````\nC\n')
})
