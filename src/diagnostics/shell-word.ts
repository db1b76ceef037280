/** A word as a shell takes it: in quotes where it has anything that a shell reads otherwise. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
