#!/usr/bin/env python
from ahgd_ops.__main__ import main

if __name__ == "__main__":
    main()
