"""The catalogue (课后服务项目): what a school may offer, in seven categories on a path of three parts."""
