import type { View } from './view.ts'
export const resultsView: View = () => undefined
