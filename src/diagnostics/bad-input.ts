/** A value is not what a function takes. The message shows nothing of it, so that it can be told of secrets as well. */
export class BadInput extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BadInput'
  }
}
