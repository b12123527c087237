// piscina and tinypool: the default export is the body.
export default ({ a, b }) => a + b
