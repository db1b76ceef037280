/** The page and its generated blocks, each in a fence between two comments. */
export const PAGE = new URL('../../docs/tutorials/first-pull-request.md', import.meta.url)

const BLOCK = /(<!-- begin (\S+) -->\n(`{3,})(\S*)\n)[\s\S]*?(\3\n<!-- end -->)/g

/** The page with new blocks. @throws Error for an unknown block */
export function withBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  return page.replace(BLOCK, (_, head: string, name: string, _fence: string, _language: string, tail: string) => {
    const text = blocks[name]
    if (text === undefined) throw new Error(`unknown block ${name}`)
    return `${head}${text.trimEnd()}\n${tail}`
  })
}
