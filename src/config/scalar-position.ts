import type { Location } from '../diagnostics/problem.ts'
import { locationOf } from './text.ts'
import type { Scalar } from './tree.ts'

/** Escapes of a double-quoted scalar that stand for white space or for nothing. */
const BLANK_ESCAPES = new Set(['0', 'a', 'b', 'e', 't', 'n', 'v', 'f', 'r', ' ', '_', 'N', 'L', 'P', '\n', '\r', '\t'])
const HEX_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 }

/** A visible piece of a scalar's source: where it starts, and how many characters of the value it stands for. */
interface Piece {
  start: number
  length: number
}

/**
 * Where a character of a scalar's value was written. Folding, indentation and line ends change only white space, so the
 * n-th visible character of the value is the n-th visible character of the source, whatever the style.
 */
export function scalarLocation(scalar: Scalar, offset: number): Location {
  if (typeof scalar.value !== 'string' || scalar.written !== undefined) return locationOf(scalar.place)
  const before = scalar.value.slice(0, offset)
  const next = scalar.value.charAt(offset)
  const visible = countVisible(before)
  if (next !== '' && countVisible(next) === 1) return locationOf(scalar.place, positionOf(scalar, visible))
  const blanks = before.length - before.trimEnd().length
  const last = visible === 0 ? contentStart(scalar) - 1 : positionOf(scalar, visible - 1)
  return locationOf(scalar.place, Math.min(last + 1 + blanks, lineEnd(scalar, last + 1)))
}

function positionOf(scalar: Scalar, index: number): number {
  let seen = 0
  for (const piece of pieces(scalar)) {
    if (index < seen + piece.length) return piece.start
    seen += piece.length
  }
  return scalar.place.start
}

function* pieces(scalar: Scalar): Generator<Piece> {
  const source = scalar.place.text.text
  const end = contentEnd(scalar)
  for (let at = contentStart(scalar); at < end; at++) {
    const character = source.charAt(at)
    if (scalar.style === 'double' && character === '\\') {
      const escaped = source.charAt(at + 1)
      const width = HEX_ESCAPES[escaped] ?? 0
      const length =
        width > 0 ? decodedLength(source.slice(at + 2, at + 2 + width)) : BLANK_ESCAPES.has(escaped) ? 0 : 1
      if (length > 0) yield { start: at, length }
      at += 1 + width
    } else if (countVisible(character) === 1) {
      yield { start: at, length: 1 }
      if (scalar.style === 'single' && character === "'") at++
    }
  }
}

function decodedLength(hex: string): number {
  return countVisible(String.fromCodePoint(Number.parseInt(hex, 16)))
}

/** Characters that folding can neither add nor take away. C0 controls are counted as blanks, as their escapes are. */
function countVisible(text: string): number {
  return text.replace(/[\s\0-\x1f\x85]/g, '').length
}

function contentStart(scalar: Scalar): number {
  const { start, text } = scalar.place
  if (scalar.style === 'plain') return start
  if (scalar.style === 'single' || scalar.style === 'double') return start + 1
  const firstLine = text.text.indexOf('\n', start) + 1
  const content = text.text.slice(firstLine).search(/\S/)
  return firstLine + Math.max(content, 0)
}

function contentEnd(scalar: Scalar): number {
  return scalar.style === 'single' || scalar.style === 'double' ? scalar.place.end - 1 : scalar.place.end
}

function lineEnd(scalar: Scalar, from: number): number {
  const end = scalar.place.text.text.indexOf('\n', from)
  return Math.min(end === -1 ? scalar.place.text.text.length : end, Math.max(contentEnd(scalar), from))
}
