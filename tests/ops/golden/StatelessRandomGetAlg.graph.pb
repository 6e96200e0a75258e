

c0/yStatelessRandomGetAlg"ª