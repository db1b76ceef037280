import { Document, isCollection, isMap, isScalar, type Pair, Scalar } from 'yaml'
import type { JsonObject } from '../../json.ts'

/** Comments by the dotted path of the key that they stand above. Lines are separated by line ends. */
export type Comments = Record<string, string>

/** Keys whose objects and lists stand on one line. */
const ON_ONE_LINE = new Set(['join', 'columns', 'extends', 'nulls'])

/** YAML with comments above its keys, and an empty line between its sections. */
export function commentedYaml(content: JsonObject, head: string, comments: Comments): string {
  const document = new Document(content, { version: '1.2' })
  document.commentBefore = asComment(head)
  annotate(document.contents, '', comments)
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

function annotate(node: unknown, above: string, comments: Comments): void {
  if (!isMap(node)) return
  for (const [index, pair] of node.items.entries()) {
    const key = keyOf(pair)
    const path = above === '' ? key.value : `${above}.${key.value}`
    const comment = comments[String(path)]
    if (comment !== undefined) key.commentBefore = asComment(comment)
    if (above === '' && index > 1) key.spaceBefore = true
    pair.key = key
    if (ON_ONE_LINE.has(String(key.value)) && isCollection(pair.value)) pair.value.flow = true
    annotate(pair.value, String(path), comments)
  }
}

function keyOf(pair: Pair): Scalar {
  return isScalar(pair.key) ? pair.key : new Scalar(pair.key)
}

function asComment(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : ` ${line}`))
    .join('\n')
}
