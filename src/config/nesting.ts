import { CST, Lexer } from 'yaml'

/** Far deeper than a manifest goes. The parser recurses, and slows down badly long before its stack is used up. */
export const MAX_NESTING = 64

const OPENING = new Set(['flow-map-start', 'flow-seq-start'])
const CLOSING = new Set(['flow-map-end', 'flow-seq-end'])
const COMPACT = new Set(['seq-item-ind', 'explicit-key-ind', 'map-value-ind'])

/** Where a text is nested deeper than MAX_NESTING, as a position; undefined when it is not. Looks at tokens only. */
export function tooDeepAt(text: string): number | undefined {
  let [position, brackets, onLine, indentation] = [0, 0, 0, 0]
  let [scalarNext, lineStart] = [false, true]
  for (const token of new Lexer().lex(text)) {
    const type = scalarNext ? 'scalar' : CST.tokenType(token)
    scalarNext = type === 'scalar' && token === CST.SCALAR
    if (token === CST.SCALAR || token === CST.DOCUMENT || token === CST.FLOW_END) continue
    if (type === 'space' && lineStart) indentation = token.length
    if (type === 'newline') [onLine, indentation] = [0, 0]
    if (type !== null && OPENING.has(type)) brackets++
    if (type !== null && CLOSING.has(type)) brackets--
    if (type !== null && COMPACT.has(type)) onLine++
    // A level of block nesting takes at least one column.
    if (brackets + onLine > MAX_NESTING || (lineStart && indentation > MAX_NESTING * 8)) return position
    lineStart = type === 'newline'
    position += token.length
  }
  return undefined
}
