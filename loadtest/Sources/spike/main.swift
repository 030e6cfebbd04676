print("spike")
