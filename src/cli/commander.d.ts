/**
 * commander with types from each command's definition. Only types: the program runs commander
 * itself, and @commander-js/extra-typings is not installed with it.
 */
declare module 'commander' {
  export * from '@commander-js/extra-typings'
}
