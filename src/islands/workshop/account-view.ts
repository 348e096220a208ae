import type { View } from './view.ts'
export const accountView: View = () => undefined
