
export { openStreams, openShared };
