const tokenOf = async ({ token, renew = false }) => (token?.call ? token({ renew }) : token);
