import type { View } from '../workshop/view.ts'
export const replayView: View = () => undefined
