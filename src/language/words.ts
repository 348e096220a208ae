/** Which words the interface has: those of the English catalogue. */
import type { en } from './en.ts'

/** Each feature has one nested object of words. */
type Translated<Tree> = { [Key in keyof Tree]: Tree[Key] extends string ? string : Translated<Tree[Key]> }
export type Words = Translated<typeof en>
