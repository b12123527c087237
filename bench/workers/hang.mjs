export default ({ hang, a, b }) => {
  while (hang);
  return a + b
}
