/**
 * commander with types that follow from each command's definition. Only types: what runs is the
 * package itself, and the other one is not among what is installed with the program.
 */
declare module 'commander' {
  export * from '@commander-js/extra-typings'
}
